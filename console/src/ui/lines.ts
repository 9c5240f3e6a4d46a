/** How one text becomes another. */

export interface Line {
  kind: "same" | "added" | "removed";
  text: string;
}

/** Most lines that are compared one with another. */
const MOST_LINES = 1500;

/** How one text becomes another, line by line. */
export function lines(before: string, after: string): Line[] {
  const split = (text: string) => (text === "" ? [] : text.split("\n"));
  const [a, b] = [split(before), split(after)];
  const whole = (texts: string[], kind: Line["kind"]) => texts.map((text): Line => ({ kind, text }));
  if (a.length > MOST_LINES || b.length > MOST_LINES) return [...whole(a, "removed"), ...whole(b, "added")];
  // The longest common run from each pair of places on.
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i]![j] = a[i] === b[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
    }
  }
  const made: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      made.push({ kind: "same", text: a[i]! });
      i++;
      j++;
    } else if (common[i + 1]![j]! >= common[i]![j + 1]!) made.push({ kind: "removed", text: a[i++]! });
    else made.push({ kind: "added", text: b[j++]! });
  }
  return [...made, ...whole(a.slice(i), "removed"), ...whole(b.slice(j), "added")];
}

/** The changed lines with those around them; a null stands where others are left out. */
export function excerpt(all: Line[], around = 3): (Line | null)[] {
  const near = all.map((_, index) => all.slice(Math.max(0, index - around), index + around + 1).some(({ kind }) => kind !== "same"));
  return all.flatMap((line, index) => (near[index] ? [line] : index === 0 || near[index - 1] ? [null] : []));
}
