/** What people type to find a city: a part of its name, perhaps followed by where it lies, as in its label. */

interface Place {
  name: string;
  country: { code: string; name: string };
  region: { code: string; name: string } | null;
}

/** The name, for which the server searches, and what stands after it, comma by comma. */
export function divide(text: string): { name: string; rest: string[] } {
  const [name = "", ...rest] = text.split(",").map((part) => part.trim());
  return { name, rest: rest.filter(Boolean) };
}

/** What people call countries, where neither code nor name begins so. */
const OTHER_NAMES: Partial<Record<string, string[]>> = {
  AE: ["UAE"],
  CZ: ["Czech Republic"],
  GB: ["UK", "Great Britain"],
  NL: ["Netherlands", "Holland"],
  US: ["USA"],
};

/** Whether each part is the beginning of the country or region of a city, by code or by name. */
export function fits(place: Place, rest: string[]): boolean {
  return countFitting(place, rest) === rest.length;
}

/**
 * The cities that fit all that stands after the name; where none does, all of them, those that fit most of it first.
 *
 * People call countries by more names than we know, so what stands there never hides a city that has the name.
 */
export function narrow<P extends Place>(places: P[], rest: string[]): P[] {
  const fitting = places.filter((place) => fits(place, rest));
  if (fitting.length) return fitting;
  return [...places].sort((one, other) => countFitting(other, rest) - countFitting(one, rest));
}

function countFitting({ country, region }: Place, rest: string[]): number {
  const others = OTHER_NAMES[country.code] ?? [];
  const names = [country.code, country.name, region?.code ?? "", region?.name ?? "", ...others].map(fold);
  return rest.filter((part) => names.some((name) => name.startsWith(fold(part)))).length;
}

/** Whether a city's name holds what is typed, so that it is certainly found by it. */
export function isNamed({ name }: Pick<Place, "name">, typed: string): boolean {
  return fold(name).includes(fold(typed));
}

/** Without case and accents. */
function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
