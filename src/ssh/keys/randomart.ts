const columns = 17;
const rows = 9;
/** How often a field was visited; the last two are the start and the end. */
const marks = " .o+=*BOX@%&#/^SE";

/**
 * A fingerprint as a picture, as `ssh-keygen -lv` draws it: the walk of the "drunken bishop" over a board, two bits a step.
 * `fingerprint` is `SHA256:…`; `title` goes into the upper edge, for instance `ED25519 256`.
 */
export function drawRandomart(fingerprint: string, title: string): string {
  const [hash = "", digest = ""] = fingerprint.split(":");
  const visits = walk(Buffer.from(digest, "base64"));
  const line = (row: number) =>
    `|${visits
      .slice(row * columns, (row + 1) * columns)
      .map((count) => marks[count])
      .join("")}|`;
  return [edge(title), ...Array.from({ length: rows }, (_, row) => line(row)), edge(hash)].join("\n");
}

function walk(digest: Buffer): number[] {
  const visits = new Array<number>(columns * rows).fill(0);
  let column = Math.floor(columns / 2);
  let row = Math.floor(rows / 2);
  const start = row * columns + column;
  for (const byte of digest) {
    for (const step of [byte & 3, (byte >> 2) & 3, (byte >> 4) & 3, byte >> 6]) {
      column = Math.min(Math.max(column + (step & 1 ? 1 : -1), 0), columns - 1);
      row = Math.min(Math.max(row + (step & 2 ? 1 : -1), 0), rows - 1);
      const field = row * columns + column;
      visits[field] = Math.min((visits[field] ?? 0) + 1, marks.length - 3);
    }
  }
  visits[start] = marks.length - 2;
  visits[row * columns + column] = marks.length - 1;
  return visits;
}

function edge(text: string): string {
  const label = `[${text}]`.slice(0, columns);
  const left = Math.floor((columns - label.length) / 2);
  return `+${"-".repeat(left)}${label}${"-".repeat(columns - left - label.length)}+`;
}
