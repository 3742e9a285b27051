/** Calendar days as whole numbers: days since 1970-01-01. No time zone can shift them. */

export type Day = number;

const MS_PER_DAY = 86_400_000;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const TO = "–";

/** The day of `YYYY-MM-DD`; NaN if there is no such day. */
export function parseDay(iso: string): Day {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(iso);
  if (!parts) return NaN;
  const [year, month, date] = parts.slice(1).map(Number) as [number, number, number];
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, date); // Date.UTC would take the year 99 for 1999
  const day = at.getTime() / MS_PER_DAY;
  return isoDay(day) === iso ? day : NaN;
}

/** `YYYY-MM-DD` of a day. */
export function isoDay(day: Day): string {
  return new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
}

/** Today, as the wall calendar beside this browser says. */
export function today(now = new Date()): Day {
  return Math.round(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()) / MS_PER_DAY);
}

/** The Monday of a day's week. */
export function mondayOf(day: Day): Day {
  return day - (((day + 3) % 7) + 7) % 7;
}

/** `Tue 10 Jan 2040`. */
export function writeDay(day: Day): string {
  return `${WEEKDAYS[day - mondayOf(day)]} ${dayAndMonth(day)} ${yearOf(day)}`;
}

/** From a first to a last day, as short as it is clear: `1–5 Dec 2030`, `6 Dec 2030`. */
export function writeDays(start: Day, end: Day): string {
  if (start === end) return `${dayAndMonth(start)} ${yearOf(start)}`;
  const sameYear = yearOf(start) === yearOf(end);
  if (sameYear && monthOf(start) === monthOf(end)) {
    return `${dateOf(start)}${TO}${dayAndMonth(end)} ${yearOf(end)}`;
  }
  const first = sameYear ? dayAndMonth(start) : `${dayAndMonth(start)} ${yearOf(start)}`;
  return `${first} ${TO} ${dayAndMonth(end)} ${yearOf(end)}`;
}

/** `10 Jan`. */
export function dayAndMonth(day: Day): string {
  return `${dateOf(day)} ${MONTHS[monthOf(day)]}`;
}

/** `today`, `tomorrow`, `in 5 days`. */
export function distance(from: Day, to: Day): string {
  const days = to - from;
  if (days === 0) return "today";
  if (days === 1) return "tomorrow";
  if (days === -1) return "yesterday";
  return days > 0 ? `in ${days} days` : `${-days} days ago`;
}

function at(day: Day): Date {
  return new Date(day * MS_PER_DAY);
}

function yearOf(day: Day): number {
  return at(day).getUTCFullYear();
}

function monthOf(day: Day): number {
  return at(day).getUTCMonth();
}

function dateOf(day: Day): number {
  return at(day).getUTCDate();
}
