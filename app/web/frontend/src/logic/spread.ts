/** Pins that would cover one another are moved apart, but never far from where they belong. */

export interface Point {
  x: number;
  y: number;
}

const ROUNDS = 12;

/**
 * Points that are closer than `room` to one another are pushed apart, by at most `room` from their places.
 * All in the same unit. The result is the same for the same points.
 */
export function spread(points: Point[], room: number): Point[] {
  const moved = points.map(({ x, y }) => ({ x, y }));
  for (let round = 0; round < ROUNDS; round += 1) {
    if (!pushApart(moved, room)) break;
    moved.forEach((point, index) => hold(point, points[index]!, room));
  }
  return moved;
}

function pushApart(points: Point[], room: number): boolean {
  let pushed = false;
  for (let i = 0; i < points.length; i += 1) {
    const a = points[i]!;
    for (let j = i + 1; j < points.length; j += 1) {
      const b = points[j]!;
      let dx = b.x - a.x;
      let dy = b.y - a.y;
      if (Math.abs(dx) >= room || Math.abs(dy) >= room) continue;
      const distance = Math.hypot(dx, dy);
      if (distance >= room) continue;
      if (distance < 1e-9) [dx, dy] = [Math.cos(j), Math.sin(j)];
      const by = (room - distance) / 2 / (distance < 1e-9 ? 1 : distance);
      a.x -= dx * by;
      a.y -= dy * by;
      b.x += dx * by;
      b.y += dy * by;
      pushed = true;
    }
  }
  return pushed;
}

function hold(point: Point, place: Point, room: number): void {
  const [dx, dy] = [point.x - place.x, point.y - place.y];
  const distance = Math.hypot(dx, dy);
  if (distance <= room) return;
  point.x = place.x + (dx * room) / distance;
  point.y = place.y + (dy * room) / distance;
}
