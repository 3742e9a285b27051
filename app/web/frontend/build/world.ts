/** The map of the world: Natural Earth's outlines (public domain, 1:110m), projected once, as a small SVG. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { geoEqualEarth, geoPath } from "d3-geo";
import { merge, mesh } from "topojson-client";
import { BOTTOM, CENTRE, HEIGHT, SCALE, TOP, WIDTH } from "../src/logic/projection.ts";

/** Nobody of a team lives there, and it would take a quarter of the map. */
const ANTARCTICA = "010";

/** The outline as SVG: one grey that is seen on light and on dark paper. */
export function drawWorld(): string {
  const atlas = JSON.parse(readFileSync(createRequire(import.meta.url).resolve("world-atlas/countries-110m.json"), "utf8"));
  const countries = atlas.objects.countries;
  const inhabited = countries.geometries.filter((country: { id?: string }) => country.id !== ANTARCTICA);
  const draw = geoPath(projection()).digits(1);
  const land = draw(merge(atlas, inhabited));
  const borders = draw(mesh(atlas, countries, (a, b) => a !== b));
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 ${TOP} ${WIDTH} ${HEIGHT}">` +
    `<path d="${land}" fill="#8c9bb0"/>` +
    `<path d="${borders}" fill="none" stroke="#fff" stroke-opacity=".45" stroke-width=".6"/></svg>\n`
  );
}

/** The same projection as `project` has, with everything outside of the drawing cut off. */
export function projection() {
  return geoEqualEarth()
    .scale(SCALE)
    .translate(CENTRE)
    .clipExtent([
      [0, TOP],
      [WIDTH, BOTTOM],
    ]);
}
