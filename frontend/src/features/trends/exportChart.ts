/** Exports charts as one picture, SVG or PNG. Loaded at the first export. */

const TITLE_HEIGHT = 28;
const KEY_HEIGHT = 24;
const PNG_SCALE = 2;
/** The properties of style that a picture outside the page needs. */
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

/** A chart on the page: its layers are the SVG elements in `box`. */
export interface Picture {
  box: HTMLElement;
  title: string;
}

/** An entry of the picture's legend. */
export interface Key {
  paint: string;
  text: string;
}

/** The text of one SVG file: the charts one below the other, each with all layers, and the legend. */
export function drawnSvg(pictures: readonly Picture[], keys: readonly Key[] = []): string {
  const width = Math.max(...pictures.map(({ box }) => box.clientWidth));
  let top = 0;
  const parts = pictures.map(({ box, title }) => {
    const { color, fontFamily } = getComputedStyle(box);
    const layers = [...box.querySelectorAll<SVGElement>(":scope > svg")].map(layerOf).join("");
    const part =
      `<g transform="translate(0 ${top})">${words(10, 19, title, color, fontFamily, 'font-weight="600"')}` +
      `<g transform="translate(0 ${TITLE_HEIGHT})">${layers}</g></g>`;
    top += box.clientHeight + TITLE_HEIGHT;
    return part;
  });
  const { color, fontFamily } = getComputedStyle(document.body);
  const legend = keys.map(({ paint, text }) => {
    const middle = top + KEY_HEIGHT / 2;
    top += KEY_HEIGHT;
    return (
      `<rect x="10" y="${middle - 2}" width="24" height="4" fill="${escape(paint)}"/>` +
      words(44, middle + 5, text, color, fontFamily)
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}">` +
    `<rect width="100%" height="100%" fill="${getComputedStyle(document.body).backgroundColor}"/>` +
    `${parts.join("")}${legend.join("")}</svg>`
  );
}

function words(x: number, y: number, text: string, fill: string, family: string, more = ""): string {
  return `<text x="${x}" y="${y}" font-family="${escape(family)}" font-size="15" ${more} fill="${fill}">${escape(text)}</text>`;
}

/** The picture as PNG, with two pixels for each CSS pixel. */
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

/** A layer with its styles as attributes, because a file has no style sheet. */
function layerOf(layer: SVGElement): string {
  const copy = layer.cloneNode(true) as SVGElement;
  const originals = [layer, ...layer.querySelectorAll<SVGElement>("*")];
  [copy, ...copy.querySelectorAll<SVGElement>("*")].forEach((element, i) => {
    const style = getComputedStyle(originals[i]!);
    for (const look of LOOKS) element.setAttribute(look, style.getPropertyValue(look));
    // Attributes hold resolved colours; a style would name colours that only the page defines.
    element.removeAttribute("class");
    element.removeAttribute("style");
  });
  return new XMLSerializer().serializeToString(copy);
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
