import { describe, expect, test } from "vitest";
import { availability, isAtWork, writeAvailability, writeHours } from "../src/logic/availability";
import { inputTime, momentOf, nextTimeAt, parseMinutes, wallTime, writeMinutes } from "../src/logic/clocks";
import { parseDay } from "../src/logic/days";

const at = (text: string) => new Date(text);
const OFFICE = ["09:00", "17:30"];
const NIGHT = ["22:00", "06:00"];

test.each([
  ["Europe/Paris", 13 * 60],
  ["Asia/Kolkata", 17 * 60 + 30],
  ["Asia/Kathmandu", 17 * 60 + 45],
  ["Australia/Adelaide", 22 * 60 + 30],
  ["America/St_Johns", 8 * 60 + 30],
  ["Atlantis/Nowhere", 12 * 60],
])("at noon UTC the clock in %s shows %i minutes", (zone, minutes) => {
  expect(wallTime(zone, at("2040-01-10T12:00Z")).minutes).toBe(minutes);
});

test("midnight belongs to the new day, on either side of the date line", () => {
  const noon = at("2040-01-10T12:00Z");
  expect(wallTime("Pacific/Auckland", noon)).toEqual({ day: wallTime("UTC", noon).day + 1, minutes: 60 });
  expect(wallTime("UTC", at("2040-01-10T00:00Z")).minutes).toBe(0);
});

describe("work hours", () => {
  test.each([
    [OFFICE, "08:59", "off"],
    [OFFICE, "09:00", "working"],
    [OFFICE, "17:29", "working"],
    [OFFICE, "17:30", "off"],
    [NIGHT, "21:59", "off"],
    [NIGHT, "22:00", "working"],
    [NIGHT, "00:00", "working"],
    [NIGHT, "05:59", "working"],
    [NIGHT, "06:00", "off"],
    [["00:00", "24:00"], "23:59", "working"],
    [["9:00", "17:00"], "10:00", "working"],
  ])("%j at %s: %s", (hours, time, kind) => {
    const now = at(`2040-01-10T${time}Z`);
    expect(availability(hours, "UTC", now).kind).toBe(kind);
    expect(isAtWork(hours, wallTime("UTC", now).minutes)).toBe(kind === "working");
  });

  test.each([[null], [["nine", "five"]], [["", ""]], [["09:00", "09:00"]], [["25:00", "26:00"]], [[]]])(
    "%j say nothing",
    (hours) => {
      expect(availability(hours, "UTC", at("2040-01-10T12:00Z"))).toEqual({ kind: "unknown" });
      expect(isAtWork(hours, 720)).toBe(false);
    },
  );

  test("are those of the place where somebody is: a half hour counts", () => {
    const now = at("2040-01-10T12:00Z"); // 17:30 in Kolkata
    expect(availability(OFFICE, "Asia/Kolkata", now).kind).toBe("off");
    expect(availability(["09:00", "17:31"], "Asia/Kolkata", now).kind).toBe("working");
  });
});

test.each([
  // London's clocks are an hour ahead in summer, Tokyo's never.
  ["2040-06-15", OFFICE, "Asia/Tokyo", "Europe/London", "works 01:00–09:30 your time"],
  ["2040-11-15", OFFICE, "Asia/Tokyo", "Europe/London", "works 00:00–08:30 your time"],
  ["2040-06-15", OFFICE, "Europe/London", "Asia/Tokyo", "works 17:00–01:30 (+1) your time"],
  ["2040-11-15", OFFICE, "Europe/London", "Asia/Tokyo", "works 18:00–02:30 (+1) your time"],
  // The night in which they are put back has an hour more.
  ["2040-10-27", NIGHT, "Europe/London", "UTC", "works 21:00–06:00 (+1) your time"],
  ["2040-06-15", ["00:00", "24:00"], "Asia/Kolkata", "Asia/Kolkata", "works 00:00–00:00 (+1) your time"],
  ["2040-06-15", ["nine", "five"], "UTC", "UTC", "work hours unknown"],
])("on %s who works %j in %s, for a reader in %s, %s", (day, hours, zone, reader, words) => {
  expect(writeHours(hours, zone, reader, parseDay(day))).toBe(words);
});

test.each([
  ["Asia/Tokyo", 9 * 60, "2040-06-15T00:00Z"],
  ["Pacific/Auckland", 0, "2040-06-14T12:00Z"],
  ["America/Los_Angeles", 24 * 60, "2040-06-16T07:00Z"],
])("the moment of a day in %s at %i minutes", (zone, minutes, moment) => {
  expect(momentOf(zone, parseDay("2040-06-15"), minutes)).toEqual(at(moment));
});

test.each([
  ["9:00", "09:00"],
  ["17:30", "17:30"],
  ["24:00", ""],
  ["nine", ""],
])("an input shows the stored time %s as %j", (stored, shown) => {
  expect(inputTime(stored)).toBe(shown);
});

describe("in words", () => {
  const words = (hours: string[], zone: string, now: string, reader = "Europe/London") =>
    writeAvailability(availability(hours, zone, at(now)), reader, at(now));

  test("the end is on the reader's clock", () => {
    expect(words(OFFICE, "Europe/Paris", "2040-01-10T12:00Z")).toBe("available until 16:30");
  });

  test("what is tomorrow for the reader says so", () => {
    expect(words(OFFICE, "Europe/London", "2040-01-10T18:00Z")).toBe("out of working hours until 09:00 (+1)");
    expect(words(NIGHT, "Europe/London", "2040-01-10T23:00Z")).toBe("available until 06:00 (+1)");
    expect(words(NIGHT, "Europe/London", "2040-01-10T01:00Z")).toBe("available until 06:00");
  });

  test("nothing known is said to be so", () => {
    expect(words([], "UTC", "2040-01-10T12:00Z")).toBe("work hours unknown");
  });
});

describe("the next time that a clock shows", () => {
  test("is later today, or tomorrow", () => {
    const now = at("2040-01-10T12:00:31Z");
    expect(nextTimeAt("UTC", 13 * 60, now)).toEqual(at("2040-01-10T13:00Z"));
    expect(nextTimeAt("UTC", 12 * 60, now)).toEqual(at("2040-01-11T12:00Z"));
  });

  test("is right over a night in which the clocks change", () => {
    // In London they go forward on 28 March 2027 and back on 31 October 2027, both at 01:00 UTC.
    expect(nextTimeAt("Europe/London", 9 * 60, at("2027-03-27T22:00Z"))).toEqual(at("2027-03-28T08:00Z"));
    expect(nextTimeAt("Europe/London", 9 * 60, at("2027-10-30T22:00Z"))).toEqual(at("2027-10-31T09:00Z"));
    expect(nextTimeAt("Australia/Lord_Howe", 9 * 60, at("2027-04-03T10:00Z"))).toEqual(at("2027-04-03T22:30Z"));
  });
});

test("times of day are written and read", () => {
  expect([0, 65, 1439].map(writeMinutes)).toEqual(["00:00", "01:05", "23:59"]);
  expect(["00:00", "9:05", "24:00", "24:01", "12:60", "noon"].map(parseMinutes)).toEqual([0, 545, 1440, null, null, null]);
});
