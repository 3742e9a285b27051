/** What a trip's form holds, and what can be told of it without asking the server. */

import type { Trip } from "../api/types";
import { parseDay } from "./days";
import { cityLabel } from "./labels";

export interface Booking {
  city: { id: number; label: string } | null;
  start: string;
  end: string;
  notes: string;
}

/** What is wrong, by field. */
export type Check = Partial<Record<keyof Booking, string>>;

export const NOTHING: Booking = { city: null, start: "", end: "", notes: "" };

/** A trip as its form holds it. */
export function bookingOf(trip: Trip): Booking {
  const city = { id: trip.city.id, label: cityLabel(trip.city) };
  return { city, start: trip.start, end: trip.end, notes: trip.notes };
}

/** Whether two say the same; the server trims notes. */
export function isSame(one: Booking, other: Booking): boolean {
  const told = ({ city, start, end, notes }: Booking) => JSON.stringify([city?.id, start, end, notes.trim()]);
  return told(one) === told(other);
}

/** What is missing. Whether trips overlap only the server can say. */
export function check(booking: Booking): Check {
  const found: Check = {};
  if (!booking.city) found.city = "Choose a city from the list.";
  if (Number.isNaN(parseDay(booking.start))) found.start = "Which day?";
  if (Number.isNaN(parseDay(booking.end))) found.end = "Which day?";
  else if (parseDay(booking.end) < parseDay(booking.start)) found.end = "The last day must not be before the first day.";
  return found;
}
