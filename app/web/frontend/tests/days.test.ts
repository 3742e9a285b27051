import { expect, test } from "vitest";
import { distance, isoDay, mondayOf, parseDay, today, writeDay, writeDays } from "../src/logic/days";

const day = parseDay;

test("a day is a number, and back", () => {
  for (const iso of ["1970-01-01", "0099-12-31", "2024-02-29", "9999-12-31"]) expect(isoDay(day(iso))).toBe(iso);
  expect(day("2040-03-01") - day("2040-02-28")).toBe(2);
});

test.each(["", "soon", "2040-1-1", "2040-02-30", "2040-13-01", "2040-01-01T00:00"])("%j is no day", (text) => {
  expect(day(text)).toBeNaN();
});

test("today is what the calendar beside the browser says, at any time of the day", () => {
  expect(today(new Date(2040, 0, 10, 0, 0))).toBe(day("2040-01-10"));
  expect(today(new Date(2040, 0, 10, 23, 59))).toBe(day("2040-01-10"));
});

test.each([
  ["2040-01-02", "2040-01-02"],
  ["2040-01-08", "2040-01-02"],
  ["2040-01-01", "2039-12-26"],
  ["1969-12-31", "1969-12-29"],
])("the week of %s begins on Monday %s", (one, monday) => {
  expect(mondayOf(day(one))).toBe(day(monday));
});

test.each([
  ["2040-01-05", "2040-01-05", "5 Jan 2040"],
  ["2040-01-05", "2040-01-09", "5–9 Jan 2040"],
  ["2040-01-30", "2040-02-02", "30 Jan – 2 Feb 2040"],
  ["2040-12-30", "2041-01-02", "30 Dec 2040 – 2 Jan 2041"],
  ["2040-01-05", "2041-01-05", "5 Jan 2040 – 5 Jan 2041"],
])("%s to %s is written as short as it is clear", (start, end, text) => {
  expect(writeDays(day(start), day(end))).toBe(text);
});

test("a day is written with its weekday", () => {
  expect(writeDay(day("2040-01-10"))).toBe("Tue 10 Jan 2040");
});

test("distances are in words", () => {
  expect([0, 1, -1, 8, -3].map((days) => distance(100, 100 + days))).toEqual([
    "today",
    "tomorrow",
    "yesterday",
    "in 8 days",
    "3 days ago",
  ]);
});
