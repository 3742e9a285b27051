import { expect, test } from "vitest";
import type { City, Match, User } from "../src/api/types";
import { cityLabel, colourOf, countPeople, flag, markOf, nameOf, writeDistance } from "../src/logic/labels";
import { sidesOf } from "../src/logic/sides";

const NEW_YORK = { name: "New York City", country: { code: "US" }, region: { code: "NY" } };
const PARIS = { name: "Paris", country: "FR", region: "11" };

test("American cities carry their state; both of the API's cities have a label", () => {
  expect(cityLabel(NEW_YORK)).toBe("New York City, NY, US");
  expect(cityLabel({ ...NEW_YORK, region: null })).toBe("New York City, US");
  expect(cityLabel(PARIS)).toBe("Paris, FR");
});

test("a flag is two letters of its own kind", () => {
  expect(flag(PARIS)).toBe("🇫🇷");
  expect(flag({ country: "?" })).toBe("");
});

test.each([
  [0, "in the same city"],
  [null, "nobody knows how far apart"],
  [400, "1 km apart"],
  [79_600, "80 km apart"],
])("%s metres are %s", (metres, text) => {
  expect(writeDistance(metres)).toBe(text);
});

test.each([
  ["", "anna", "A"],
  ["🦊", "anna", "🦊"],
  ["👩‍👩‍👧", "anna", "👩‍👩‍👧"],
  ["AE", "anna", "AE"],
  ["https://example.com/anna.png", "anna", "A"],
  ["", "دانة", "د"],
  ["", "éva", "É"],
  [" ", " ", "?"],
])("the avatar %j of %s is %s: never a picture from elsewhere", (avatar, name, mark) => {
  expect(markOf(avatar, name)).toBe(mark);
});

test("who has no first name is called by their address; colours stay", () => {
  expect(nameOf({ first_name: "", email: "nomad@example.com" })).toBe("nomad");
  expect(colourOf("user_a")).toBe(colourOf("user_a"));
  expect([1, 2].map(countPeople)).toEqual(["1 person", "2 people"]);
});

test("a match shows the other side, whichever I am on", () => {
  const city = (name: string) => ({ name, country: { code: "GB" }, region: null }) as City;
  const user = (id: string) => ({ id, home_city: city(`${id}'s home`) }) as User;
  const trip = (name: string) => ({ city: city(name) }) as Match["source_trip"];
  const match = { source_user: user("a"), target_user: user("b"), source_trip: trip("London"), target_trip: null } as Match;
  expect(sidesOf(match, "a")).toMatchObject({ theirs: "at home in b's home, GB", mine: "on your trip to London, GB" });
  expect(sidesOf(match, "b")).toMatchObject({ theirs: "visits London, GB", mine: "you are at home" });
  expect(sidesOf(match, "b").other.id).toBe("a");
});
