/** A chart as one picture: stages, curves and marks together, as SVG or PNG. Loaded when somebody asks for one. */

const TITLE_HEIGHT = 28;
const PNG_SCALE = 2;
/** What a picture outside the page must be told of the looks of each element. */
const LOOKS = [
  "fill",
  "opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linejoin",
  "paint-order",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
];

/** The chart in `box` as the text of an SVG file: its layers, one over the other. */
export function drawnSvg(box: HTMLElement, title: string): string {
  const { clientWidth: width, clientHeight: height } = box;
  const { color, fontFamily } = getComputedStyle(box);
  const layers = [...box.querySelectorAll<SVGElement>(":scope > svg")].map(layerOf).join("");
  const heading =
    `<text x="10" y="19" font-family="${escape(fontFamily)}" font-size="15" font-weight="600"` +
    ` fill="${color}">${escape(title)}</text>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + TITLE_HEIGHT}">` +
    `<rect width="100%" height="100%" fill="${getComputedStyle(document.body).backgroundColor}"/>${heading}` +
    `<g transform="translate(0 ${TITLE_HEIGHT})">${layers}</g></svg>`
  );
}

/** A PNG of the picture, twice as fine as the screen's CSS pixels. */
export async function pngOf(svg: string): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    const canvas = document.createElement("canvas");
    canvas.width = picture.width * PNG_SCALE;
    canvas.height = picture.height * PNG_SCALE;
    canvas.getContext("2d")!.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error("no PNG could be made"))),
        "image/png",
      ),
    );
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** A layer of the page with its looks written into it, because no style sheet goes with the picture. */
function layerOf(layer: SVGElement): string {
  const copy = layer.cloneNode(true) as SVGElement;
  const originals = [layer, ...layer.querySelectorAll<SVGElement>("*")];
  [copy, ...copy.querySelectorAll<SVGElement>("*")].forEach((element, i) => {
    const style = getComputedStyle(originals[i]!);
    for (const look of LOOKS) element.setAttribute(look, style.getPropertyValue(look));
    // Looks as attributes hold anywhere; a style of the page names colours that only the page knows.
    element.removeAttribute("class");
    element.removeAttribute("style");
  });
  return new XMLSerializer().serializeToString(copy);
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
