// Returns the visible texts of a page whose contrast is below 4.5:1.
() => {
  // The browser itself turns any CSS color into bytes.
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) =>
    [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const background = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      layers.push(rgba(getComputedStyle(e).backgroundColor));
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const luminance = (color) => {
    const [r, g, b] = color.map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  const add = (element, text) => {
    const visible = {opacityProperty: true, visibilityProperty: true};
    if (seen.has(element) || !element.checkVisibility(visible)) return;
    if (element.closest("script, style, [aria-hidden=true]")) return;
    seen.add(element);
    const below = background(element);
    const color = over(rgba(getComputedStyle(element).color), below);
    const [light, dark] = [luminance(color), luminance(below)].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) found.push(`${contrast.toFixed(2)} ${element.tagName}.${element.className} ${text.slice(0, 30)}`);
  };
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    if (text) add(walker.currentNode.parentElement, text);
  }
  for (const field of document.querySelectorAll("textarea, input:not([type=radio], [type=range])")) add(field, field.value);
  return found;
}
