/** What time it is in a time zone, by the browser's own tables. */

const MS_PER_MINUTE = 60_000;
const MINUTES_PER_DAY = 1440;

/** A moment on a zone's wall clock. */
export interface WallTime {
  /** Days since 1970-01-01, of the calendar there. */
  day: number;
  /** Since midnight. */
  minutes: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The wall clock of `zone` at a moment; UTC's where the browser does not know the zone. */
export function wallTime(zone: string, now: Date): WallTime {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(now)) parts[type] = Number(value);
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0 } = parts;
  return { day: Math.round(Date.UTC(year, month - 1, day) / 86_400_000), minutes: hour * 60 + minute };
}

/** `HH:MM` of minutes since midnight. */
export function writeMinutes(minutes: number): string {
  return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

/** Minutes since midnight of `H:MM` or `HH:MM`, up to 24:00; null for any other text. */
export function parseMinutes(text: string): number | null {
  const parts = /^(\d{1,2}):([0-5]\d)$/.exec(text.trim());
  if (!parts) return null;
  const minutes = Number(parts[1]) * 60 + Number(parts[2]);
  return minutes <= MINUTES_PER_DAY ? minutes : null;
}

/** A stored time as an input for times takes it: `9:00` as `09:00`; empty if that can show it in no way. */
export function inputTime(text: string): string {
  const minutes = parseMinutes(text);
  return minutes === null || minutes === MINUTES_PER_DAY ? "" : writeMinutes(minutes);
}

/** The next moment after `now` at which the clock in `zone` shows `minutes`, however it is set in between. */
export function nextTimeAt(zone: string, minutes: number, now: Date): Date {
  const here = wallTime(zone, now);
  const ahead = (minutes - here.minutes + MINUTES_PER_DAY) % MINUTES_PER_DAY || MINUTES_PER_DAY;
  const wholeMinute = Math.floor(now.getTime() / MS_PER_MINUTE) * MS_PER_MINUTE;
  const guess = new Date(wholeMinute + ahead * MS_PER_MINUTE);
  const off = wallTime(zone, guess).minutes - (minutes % MINUTES_PER_DAY);
  if (off === 0) return guess;
  // The clocks change on the way: by an hour, or half of one.
  const back = off > MINUTES_PER_DAY / 2 ? off - MINUTES_PER_DAY : off < -MINUTES_PER_DAY / 2 ? off + MINUTES_PER_DAY : off;
  return new Date(guess.getTime() - back * MS_PER_MINUTE);
}

/** The moment at which it is `day` in `zone` and the clock there shows `minutes`, counted on past 24:00. */
export function momentOf(zone: string, day: number, minutes: number): Date {
  const wanted = day * MINUTES_PER_DAY + minutes;
  let found = wanted;
  // The second round is for a clock that changes between the first guess and the moment.
  for (let round = 0; round < 2; round += 1) {
    const there = wallTime(zone, new Date(found * MS_PER_MINUTE));
    found += wanted - there.day * MINUTES_PER_DAY - there.minutes;
  }
  return new Date(found * MS_PER_MINUTE);
}

/** The zone of this browser. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = makeFormat(zone);
    formats.set(zone, format);
  }
  return format;
}

function makeFormat(timeZone: string): Intl.DateTimeFormat {
  const options = {
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  } as const;
  try {
    return new Intl.DateTimeFormat("en", { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en", { ...options, timeZone: "UTC" });
  }
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}
