/** Whether somebody is at work now, where they are. */

import { momentOf, nextTimeAt, parseMinutes, wallTime, writeMinutes } from "./clocks";
import type { Day } from "./days";

/** From when to when somebody works, on the clock of the place where they are. */
export type Hours = readonly string[] | null;

export type Availability =
  | { kind: "unknown" }
  /** Until when. */
  | { kind: "working"; until: Date }
  /** When they are back. */
  | { kind: "off"; until: Date };

/**
 * Work hours hold from the first minute to before the last one; they may go past midnight. Hours that begin
 * when they end are no hours at all. Without hours, or with hours that are no times of day, nothing is known.
 */
export function availability(hours: Hours, zone: string, now: Date): Availability {
  const known = parseHours(hours);
  if (!known) return { kind: "unknown" };
  return isWithin(known, wallTime(zone, now).minutes)
    ? { kind: "working", until: nextTimeAt(zone, known.end, now) }
    : { kind: "off", until: nextTimeAt(zone, known.start, now) };
}

/** Whether these are hours at which somebody works when the clock where they are shows `minutes`. */
export function isAtWork(hours: Hours, minutes: number): boolean {
  const known = parseHours(hours);
  return known !== null && isWithin(known, minutes);
}

/** In words, with times of the reader's own clock: `available until 17:30`, `out of working hours until 09:00 (+1)`. */
export function writeAvailability(found: Availability, readerZone: string, now: Date): string {
  if (found.kind === "unknown") return "work hours unknown";
  const words = found.kind === "working" ? "available until" : "out of working hours until";
  return `${words} ${writeMoment(found.until, readerZone, now)}`;
}

/** From when to when somebody works on a day of theirs, on the reader's clock: `works 09:00–17:30 your time`. */
export function writeHours(hours: Hours, zone: string, readerZone: string, day: Day): string {
  const known = parseHours(hours);
  if (!known) return "work hours unknown";
  const { start, end } = known;
  const from = momentOf(zone, day, start);
  const until = momentOf(zone, end < start ? day + 1 : day, end);
  return `works ${writeMoment(from, readerZone, from)}–${writeMoment(until, readerZone, from)} your time`;
}

/** `17:30`, or `09:00 (+1)` if that is tomorrow for the reader. */
export function writeMoment(moment: Date, readerZone: string, now: Date): string {
  const there = wallTime(readerZone, moment);
  const days = there.day - wallTime(readerZone, now).day;
  return writeMinutes(there.minutes) + (days > 0 ? ` (+${days})` : "");
}

/** In minutes since midnight. */
interface Span {
  start: number;
  end: number;
}

function parseHours(hours: Hours): Span | null {
  const start = parseMinutes(hours?.[0] ?? "");
  const end = parseMinutes(hours?.[1] ?? "");
  return start === null || end === null || start === end ? null : { start, end };
}

function isWithin({ start, end }: Span, minutes: number): boolean {
  return start < end ? start <= minutes && minutes < end : minutes >= start || minutes < end;
}
