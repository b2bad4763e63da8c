/** What is painted on the canvas of a `LayeredDrawing`. */

/** A rectangle in user units. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Paints in user units; `colourOf` gives the theme's colour of a token such as `--ink`. */
export type Paint = (context: CanvasRenderingContext2D, colourOf: (token: string) => string) => void;
