import { expect, test } from "vitest";
import type { MapPerson, TeamMap } from "../src/api/types";
import { parseDay } from "../src/logic/days";
import { placesOn, search } from "../src/logic/places";

const FIRST = parseDay("2040-01-09");
const CITIES = ["London", "Paris", "Rome"].map((name, id) => ({
  id: id + 10,
  name,
  country: "XX",
  region: null,
  location: [0, 0] as [number, number],
  timezone: "UTC",
}));
const [LONDON, PARIS, ROME] = [0, 1, 2];

function person(name: string, home: number | null, ...trips: [number, number, number][]): MapPerson {
  return { id: `user_${name}`, name, avatar: "", home, work_hours: null, trips };
}

function on(offset: number, ...people: MapPerson[]) {
  const team: TeamMap = { first_day: "2040-01-09", cities: CITIES, people };
  const { places, nowhere } = placesOn(team, FIRST + offset);
  return {
    places: places.map(({ city, people: there }) => [city.name, ...there.map((one) => one.person.name)]),
    until: places.flatMap(({ people: there }) => there.map((one) => one.until)),
    nowhere: nowhere.map(({ name }) => name),
  };
}

test("people are at home but for the days of their trips, first and last included", () => {
  const anna = person("Anna", LONDON, [PARIS, 3, 5]);
  expect([2, 3, 5, 6].map((day) => on(day, anna).places[0]?.[0])).toEqual(["London", "Paris", "Paris", "London"]);
  expect(on(5, anna).until).toEqual([FIRST + 5]);
  expect(on(6, anna).until).toEqual([null]);
});

test("a one-day trip is a trip on that day", () => {
  expect(on(4, person("Anna", LONDON, [PARIS, 4, 4])).places).toEqual([["Paris", "Anna"]]);
});

test("of two trips that touch on a day the later one counts: they have arrived", () => {
  expect(on(5, person("Anna", LONDON, [PARIS, 3, 5], [ROME, 5, 8])).places).toEqual([["Rome", "Anna"]]);
});

test("a trip that began before the first day holds", () => {
  expect(on(0, person("Anna", LONDON, [PARIS, -7, 2])).places).toEqual([["Paris", "Anna"]]);
});

test("the fullest place comes first, then by name; people stay in their order", () => {
  const team = [person("Anna", PARIS), person("Bob", LONDON), person("Cleo", ROME), person("Dora", ROME)];
  expect(on(0, ...team).places).toEqual([["Rome", "Cleo", "Dora"], ["London", "Bob"], ["Paris", "Anna"]]);
});

test("people without a home are nowhere, unless they travel", () => {
  const nomad = person("Nomad", null, [ROME, 2, 3]);
  expect(on(0, nomad)).toMatchObject({ places: [], nowhere: ["Nomad"] });
  expect(on(2, nomad)).toMatchObject({ places: [["Rome", "Nomad"]], nowhere: [] });
});

test("a search finds people by name and city, all words together", () => {
  const team: TeamMap = {
    first_day: "2040-01-09",
    cities: CITIES,
    people: [person("Anna Ek", LONDON), person("Anna Ott", PARIS), person("دانة", PARIS)],
  };
  const { places } = placesOn(team, FIRST);
  const found = (query: string) => search(places, query).flatMap(({ people }) => people.map(({ person: one }) => one.name));
  expect(found("anna")).toEqual(["Anna Ott", "Anna Ek"]);
  expect(found("anna par")).toEqual(["Anna Ott"]);
  expect(found(" دانة ")).toEqual(["دانة"]);
  expect(found("nobody")).toEqual([]);
  expect(found(" ")).toHaveLength(3);
});
