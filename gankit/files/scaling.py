import keras
import numpy as np


@keras.saving.register_keras_serializable(package="gankit")
class Scaling:
    """Maps stored values to [-1, 1] and back.

    Args:
        low, high: the stored values that become -1 and 1; low < high.
        dtype: of the stored values: `"uint8"`, `"uint16"` or `"float32"`.

    Example:

    ```python
    import numpy as np

    import gankit

    scaling = gankit.files.Scaling()  # of bytes
    prepared = scaling(np.array([0, 255], "uint8"))  # [-1, 1]
    scaling.inverse(prepared)  # [0, 255] again
    ```
    """

    def __init__(self, low=0.0, high=255.0, dtype="uint8"):
        if not low < high:
            raise ValueError(f"`low` must be below `high`. Received: low={low}, high={high}")
        self.low, self.high, self.dtype = float(low), float(high), dtype

    @classmethod
    def of(cls, pictures, name="the pictures"):
        """The scaling that suits an array's type, or for floats the range they keep to."""
        if pictures.dtype in (np.uint8, np.uint16):
            return cls(0, np.iinfo(pictures.dtype).max, pictures.dtype.name)
        low, high = float(pictures.min()), float(pictures.max())
        for bottom, top in ((0, 1), (-1, 1), (0, 255)):
            if bottom <= low and high <= top:
                return cls(bottom, top, "float32")
        raise ValueError(
            f"{name}: pictures are bytes, 16-bit numbers, or floats within [0, 1], [-1, 1] or "
            f"[0, 255]. Received: {pictures.dtype} from {low:.4g} to {high:.4g}"
        )

    def __call__(self, pictures):
        """Float32 within [-1, 1]; NumPy arrays or TensorFlow tensors."""
        return (pictures - np.float32(self.low)) * np.float32(2 / (self.high - self.low)) - 1

    def inverse(self, prepared):
        """Stored values from prepared ones, clipped to their range."""
        values = (np.clip(prepared, -1, 1) + 1) * ((self.high - self.low) / 2) + self.low
        return (
            values.astype("float32")
            if self.dtype == "float32"
            else values.round().astype(self.dtype)
        )

    def to_bytes(self, prepared):
        """Pictures to look at, uint8, from prepared ones."""
        return np.round((np.clip(prepared, -1, 1) + 1) * 127.5).astype("uint8")

    def get_config(self):
        return {"low": self.low, "high": self.high, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
