import { expect, test } from "vitest";
import { drawWorld, projection } from "../build/world";
import { HEIGHT, project, TOP, WIDTH } from "../src/logic/projection";
import { spread } from "../src/logic/spread";

test.each([
  [0, 0],
  [-0.12574, 51.50853],
  [178.44149, -18.14161],
  [-175.2, -21.1],
  [25.7, 66.5],
  [-68.3, -54.8],
])("pins lie where the outline is drawn: %d, %d", (longitude, latitude) => {
  const [x, y] = project(longitude, latitude);
  const drawn = projection()([longitude, latitude])!;
  expect(x).toBeCloseTo(drawn[0], 6);
  expect(y).toBeCloseTo(drawn[1] - TOP, 6);
  expect(x).toBeGreaterThanOrEqual(0);
  expect(x).toBeLessThanOrEqual(WIDTH);
  expect(y).toBeGreaterThanOrEqual(0);
  expect(y).toBeLessThanOrEqual(HEIGHT);
});

test("the outline is small, and has nothing in it but shapes", () => {
  const svg = drawWorld();
  expect(svg.length).toBeLessThan(90_000);
  expect(svg.match(/<[a-z]+/g)).toEqual(["<svg", "<path", "<path"]);
  expect(svg).not.toContain("NaN");
});

test("pins that would cover one another are moved apart", () => {
  const [a, b] = spread([{ x: 100, y: 100 }, { x: 110, y: 100 }], 28) as [{ x: number; y: number }, { x: number; y: number }];
  expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThanOrEqual(27.9);
});

test("pins in one spot too, and none goes further than its own width", () => {
  const crowd = Array.from({ length: 40 }, () => ({ x: 50, y: 50 }));
  const apart = spread(crowd, 28);
  for (const { x, y } of apart) expect(Math.hypot(x - 50, y - 50)).toBeLessThanOrEqual(28.001);
  expect(new Set(apart.map(({ x, y }) => `${x},${y}`)).size).toBe(40);
  expect(spread(crowd, 28)).toEqual(apart);
});

test("pins with room stay where they are", () => {
  const points = [{ x: 0, y: 0 }, { x: 100, y: 0 }];
  expect(spread(points, 28)).toEqual(points);
});
