/** An agenda: what falls into each week. */

import { type Day, mondayOf, parseDay } from "./days";

/** Something with a first and a last day, as matches have them. */
export interface Lasting {
  overlap_start: string;
  overlap_end: string | null;
}

/** A week and what touches it. */
export interface Week<T> {
  monday: Day;
  items: T[];
}

/** Something that lasts for years must not fill the page. */
const MOST_WEEKS = 53;

/** First and last day of a match; one that has no end ends when it begins. */
export function daysOf(item: Lasting): [Day, Day] {
  const start = parseDay(item.overlap_start);
  return [start, item.overlap_end ? parseDay(item.overlap_end) : start];
}

/** The weeks from that of `from` on that have something in them; what goes over several is in each. */
export function agenda<T extends Lasting>(items: T[], from: Day): Week<T>[] {
  const weeks = new Map<Day, T[]>();
  for (const item of items) {
    const [start, end] = daysOf(item);
    const first = mondayOf(Math.max(start, from));
    const last = Math.min(mondayOf(end), first + (MOST_WEEKS - 1) * 7);
    for (let monday = first; monday <= last; monday += 7) {
      weeks.set(monday, [...(weeks.get(monday) ?? []), item]);
    }
  }
  return [...weeks]
    .map(([monday, found]) => ({ monday, items: found }))
    .sort((a, b) => a.monday - b.monday);
}
