import { expect, test } from "vitest";
import { isoDay, parseDay } from "../src/logic/days";
import { agenda } from "../src/logic/weeks";

const TODAY = parseDay("2040-01-10"); // a Tuesday; its week begins on the 9th

function weeks(...matches: [string, string, string | null][]) {
  const items = matches.map(([name, overlap_start, overlap_end]) => ({ name, overlap_start, overlap_end }));
  return agenda(items, TODAY).map(({ monday, items: found }) => [isoDay(monday), ...found.map(({ name }) => name)]);
}

test("matches are put into their weeks, Monday to Sunday", () => {
  expect(weeks(["b", "2040-01-22", "2040-01-22"], ["a", "2040-01-16", "2040-01-18"])).toEqual([["2040-01-16", "b", "a"]]);
});

test("what goes over several weeks is in each of them", () => {
  expect(weeks(["a", "2040-01-14", "2040-01-24"])).toEqual([["2040-01-09", "a"], ["2040-01-16", "a"], ["2040-01-23", "a"]]);
});

test("weeks that are over are left out, empty ones too", () => {
  expect(weeks(["a", "2039-12-20", "2040-01-11"], ["b", "2040-02-01", "2040-02-01"])).toEqual([
    ["2040-01-09", "a"],
    ["2040-01-30", "b"],
  ]);
});

test("a match without an end lasts a day, one without measure a year of weeks", () => {
  expect(weeks(["a", "2040-01-12", null])).toEqual([["2040-01-09", "a"]]);
  expect(weeks(["a", "2040-01-12", "2099-01-01"])).toHaveLength(53);
});
