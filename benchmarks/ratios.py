"""Ratios of times, from the rows of the benchmarks: which ones, what they mean, and when one got worse.

Everything here is gankit's time over that of what it is compared with: below 1, gankit is the faster one.
"""

import dataclasses

import numpy as np
import scipy.stats


@dataclasses.dataclass
class Ratio:
    """A row of a benchmark's JSON, as a row of the one table.

    Attributes:
        name: what is compared with what.
        row: its name in the benchmark's JSON.
        noise: the row there that times something against itself.
        turned: whether the benchmark has it the other way round, the other's time over gankit's.
        goal: the most it should be, if there is such a thing.
    """

    name: str
    row: str
    noise: str = "noise"
    turned: bool = False
    goal: float | None = None

    def read(self, rows):
        """The row of the one table, or None where the benchmark had no such contender."""
        if self.row not in rows:
            return None
        source = rows[self.row]
        values = np.array(source["values"])
        return {
            **summary(1 / values if self.turned else values),
            "name": self.name,
            "noise": summary(np.array(rows[self.noise]["values"]))["interval"]
            if self.noise in rows
            else None,
            "goal": self.goal,
            "unit": "times",
            "n": source["n"],
            "seeds": source["seeds"],
            "protocol": source["protocol"],
        }


def summary(ratios):
    """The geometric mean of ratios and its 95 % interval, which turn with the ratios; one has none."""
    logs, interval = np.log(ratios), None
    n, middle = len(logs), logs.mean()
    if n > 1:
        half = scipy.stats.t.ppf(0.975, n - 1) * logs.std(ddof=1) / np.sqrt(n)
        interval = [float(np.exp(middle - half)), float(np.exp(middle + half))]
    return {
        "value": float(np.exp(middle)),
        "interval": interval,
        "values": [float(f"{value:.5g}") for value in ratios],
    }


def slower(new, old):
    """What got slower from one table to another, beyond the noise of either.

    A row got slower where the 95 % interval of new over old, by Student's t with the deviations of both
    pooled, lies above 1, and by more than the noise rows stray from 1 in both tables. Rows of a single
    round are not compared, nor are seconds.

    Args:
        new, old: lists of rows.

    Returns:
        `(name, new value / old value)`, the worst first.
    """
    before, found = {row["name"]: row for row in old}, []
    for row in new:
        other = before.get(row["name"])
        if other is None or row["unit"] != "times" or min(row["n"], other["n"]) < 2:
            continue
        allowed = max(stray(row["noise"]), stray(other["noise"]))
        if over(row["values"], other["values"])[0] > allowed:
            found.append((row["name"], row["value"] / other["value"]))
    return sorted(found, key=lambda one: -one[1])


def over(new, old):
    """The 95 % interval of the geometric mean of `new` over that of `old`, several values each."""
    new, old = np.log(new), np.log(old)
    freedom = len(new) + len(old) - 2
    pooled = (new.var() * len(new) + old.var() * len(old)) / freedom
    half = scipy.stats.t.ppf(0.975, freedom) * np.sqrt(pooled * (1 / len(new) + 1 / len(old)))
    middle = new.mean() - old.mean()
    return float(np.exp(middle - half)), float(np.exp(middle + half))


def missed(rows):
    """Names of the rows that are beyond their goal."""
    return [row["name"] for row in rows if row["goal"] is not None and row["value"] > row["goal"]]


def stray(interval):
    """How far an interval reaches from 1, as a factor of at least 1; of no interval, 1."""
    return max(interval[1], 1 / interval[0]) if interval else 1.0
