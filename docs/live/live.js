// The live page: a generator of digits, run by onnxruntime-web from files beside this one.

const STRIP = 9; // pictures on the way to another sample
const REACH = 3; // of the sliders, in standard deviations of a latent
const here = new URL(".", import.meta.url);
const element = id => document.getElementById(`live-${id}`);

let ort, session, facts, start, end, sliders, busy = false, again = false;

// --- latents ---------------------------------------------------------------------------------

function normal() {
  const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
  return radius * Math.cos(2 * Math.PI * Math.random());
}

const draw = () => Array.from({ length: facts.latents }, normal);
const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

// A point on the way between two latents, along the sphere.
function between(a, b, share) {
  const angle = Math.acos(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)));
  const [left, right] = [1 - share, share].map(one => Math.sin(one * angle) / Math.sin(angle));
  return a.map((value, i) => left * value + right * b[i]);
}

// --- pictures --------------------------------------------------------------------------------

async function generate(latents) {
  const label = element("class").selectedIndex;
  const found = await session.run({
    latents: new ort.Tensor("float32", Float32Array.from(latents.flat()), [latents.length, facts.latents]),
    labels: new ort.Tensor("int32", new Int32Array(latents.length).fill(label), [latents.length]),
  });
  return found[session.outputNames[0]].data; // in [-1, 1]
}

function paint(canvas, values) {
  canvas.width = facts.width;
  canvas.height = facts.height;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(facts.width, facts.height);
  values.forEach((value, i) => {
    const grey = Math.round(127.5 * (value + 1));
    picture.data.set([grey, grey, grey, 255], 4 * i);
  });
  context.putImageData(picture, 0, 0);
}

// Shows the state; while a run is under way, what is asked for meanwhile is shown after it, once.
async function show() {
  again = busy;
  if (busy) return;
  busy = true;
  const way = element("way").value / 100;
  const shares = [way, ...Array.from({ length: STRIP }, (_, i) => i / (STRIP - 1))];
  try {
    const values = await generate(shares.map(share => between(start, end, share)));
    const size = facts.width * facts.height;
    [element("picture"), ...element("strip").children].forEach((canvas, i) =>
      paint(canvas, values.subarray(i * size, (i + 1) * size)));
    element("picture").setAttribute("aria-label", `A generated ${element("class").value}`);
    element("status").textContent = "";
  } catch (error) {
    element("status").textContent = `No picture could be made: ${error.message}`;
  } finally {
    busy = false;
  }
  if (again) show();
}

// --- controls --------------------------------------------------------------------------------

function say(slider, value, text) {
  slider.value = value;
  slider.nextElementSibling.value = text;
}

const short = value => (Math.round(10 * value) / 10 || 0).toFixed(1); // and no -0.0

function showSliders() {
  sliders.forEach((slider, i) => {
    const value = dot(start, facts.directions[i]);
    say(slider, value, short(value));
  });
}

function turn(i) {
  const direction = facts.directions[i];
  const change = Number(sliders[i].value) - dot(start, direction);
  start = start.map((value, j) => value + change * direction[j]);
  sliders[i].nextElementSibling.value = short(sliders[i].value);
  say(element("way"), 0, "0 %"); // where the directions are seen
  show();
}

function anew() {
  start = draw();
  say(element("way"), 0, "0 %");
  showSliders();
  show();
}

function build() {
  element("class").append(...facts.classes.map(name => new Option(name)));
  element("directions").innerHTML = facts.directions.map((_, i) => `
    <div class="live-row">
      <label for="live-direction-${i}">Direction ${i + 1}</label>
      <input type="range" id="live-direction-${i}" min="${-REACH}" max="${REACH}" step="0.1">
      <output for="live-direction-${i}"></output>
    </div>`).join("");
  sliders = [...element("directions").querySelectorAll("input")];
  sliders.forEach((slider, i) => slider.addEventListener("input", () => turn(i)));
  element("strip").append(...Array.from({ length: STRIP }, () => document.createElement("canvas")));
  element("class").addEventListener("change", show);
  element("new").addEventListener("click", anew);
  element("other").addEventListener("click", () => { end = draw(); show(); });
  element("way").addEventListener("input", event => {
    say(event.target, event.target.value, `${event.target.value} %`);
    show();
  });
}

async function load() {
  element("start").disabled = true;
  element("status").textContent = "Loading …";
  try {
    ort = await import(new URL("runtime/ort.wasm.bundle.min.mjs", here));
    ort.env.wasm.wasmPaths = { wasm: new URL("runtime/ort-wasm-simd-threaded.wasm", here).href };
    ort.env.wasm.numThreads = 1;
    facts = await (await fetch(new URL("digits.json", here))).json();
    session = await ort.InferenceSession.create(new URL("digits.onnx", here).href);
  } catch (error) {
    element("start").disabled = false;
    element("status").textContent = `It could not be loaded: ${error.message} Was ` +
      "docs/live/vendor.py run before the site was built?";
    return;
  }
  build();
  end = draw();
  anew();
  element("status").textContent = "";
  element("start").hidden = true;
  element("panel").hidden = false;
  element("class").focus();
}

element("status").textContent = "";
element("start").addEventListener("click", load);
