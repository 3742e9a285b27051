/**
 * The map's projection: Equal Earth (Savric, Patterson, Jenny 2018), which keeps areas right.
 *
 * The outline is projected at build time by d3-geo; pins are projected here, and a test compares the two.
 */

const A1 = 1.340264;
const A2 = -0.081106;
const A3 = 0.000893;
const A4 = 0.003796;
const M = Math.sqrt(3) / 2;
const RADIANS = Math.PI / 180;

/** Size of the drawing, and how much of the sphere's top and bottom it leaves out: nobody lives there. */
export const WIDTH = 1000;
export const TOP = 2;
export const BOTTOM = 442;
export const HEIGHT = BOTTOM - TOP;

/** Units of the drawing per radius of the sphere: the equator is as wide as the drawing. */
export const SCALE = WIDTH / (2 * Math.PI) * (A1 * M);
const MIDDLE = WIDTH / 2 / 2.0546; // half the height of the whole sphere

/** Where the sphere's middle lies in a drawing of which nothing is cut off. */
export const CENTRE: [number, number] = [WIDTH / 2, MIDDLE];

/** Longitude and latitude in degrees to the drawing's units, right and down from its top left corner. */
export function project(longitude: number, latitude: number): [x: number, y: number] {
  const theta = Math.asin(M * Math.sin(latitude * RADIANS));
  const t2 = theta * theta;
  const t6 = t2 * t2 * t2;
  const x = (longitude * RADIANS * Math.cos(theta)) / (M * (A1 + 3 * A2 * t2 + t6 * (7 * A3 + 9 * A4 * t2)));
  const y = theta * (A1 + A2 * t2 + t6 * (A3 + A4 * t2));
  return [CENTRE[0] + SCALE * x, CENTRE[1] - SCALE * y - TOP];
}
