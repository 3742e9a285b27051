import { expect, test } from "vitest";
import { divide, fits, isNamed, narrow } from "../src/logic/city_search";

const PARIS_TEXAS = { name: "Paris", country: { code: "US", name: "United States" }, region: { code: "TX", name: "Texas" } };
const SAO_PAULO = { name: "Sao Paulo", country: { code: "BR", name: "Brazil" }, region: { code: "27", name: "São Paulo" } };

test("the first comma ends the name; what is empty says nothing", () => {
  expect(divide(" Paris , TX,US, ")).toEqual({ name: "Paris", rest: ["TX", "US"] });
  expect(divide("")).toEqual({ name: "", rest: [] });
});

test.each([
  ["", true],
  ["TX, US", true],
  ["tex", true],
  ["united st", true],
  ["FR", false],
  ["TX, FR", false],
])("Paris in Texas fits %j: %s", (rest, isFitting) => {
  expect(fits(PARIS_TEXAS, divide(`x,${rest}`).rest)).toBe(isFitting);
});

const PARIS = { name: "Paris", country: { code: "FR", name: "France" }, region: null };

test.each([
  ["", [PARIS, PARIS_TEXAS]],
  ["TX", [PARIS_TEXAS]],
  ["USA", [PARIS_TEXAS]],
  ["Texas, the States", [PARIS_TEXAS, PARIS]],
  ["Frankreich", [PARIS, PARIS_TEXAS]],
])("of the cities that are called Paris, those %j come first, and none is lost by a name that nobody knows", (rest, found) => {
  expect(narrow([PARIS, PARIS_TEXAS], divide(`x,${rest}`).rest)).toEqual(found);
});

test.each([
  ["GB", "United Kingdom", "UK"],
  ["US", "United States", "USA"],
  ["NL", "The Netherlands", "Netherlands"],
  ["CZ", "Czechia", "Czech Republic"],
])("%s, %s, is called %s too", (code, name, called) => {
  expect(fits({ name: "x", country: { code, name }, region: null }, [called])).toBe(true);
});

test("neither case nor accents count", () => {
  expect(fits(SAO_PAULO, ["SAO"])).toBe(true);
  expect(isNamed(SAO_PAULO, "são p")).toBe(true);
  expect(isNamed(SAO_PAULO, "paris")).toBe(false);
  expect(fits({ ...SAO_PAULO, region: null }, ["Sao"])).toBe(false);
});
