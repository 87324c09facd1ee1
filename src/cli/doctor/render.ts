import { printableStyled, type Style } from "../output.js";
import { type Diagnosis, type DiagnosisState, notLookedAt } from "./diagnosis.js";

const labelWidth = 17;
const marginWidth = labelWidth + 6;
/** A column of words that is narrower than this is not read. */
const wordsMinWidth = 30;

/**
 * One line for each layer that was looked at; under the broken one what to type; the rest in one line. What is told is broken
 * into lines for a terminal of `columns`, if there is one; what is to be typed never is.
 */
export function renderDiagnoses(diagnoses: readonly Diagnosis<string>[], style: Style, columns?: number): string[] {
  const isPassedOver = ({ state, seen }: Diagnosis<string>) => state === "not-looked-at" && seen === notLookedAt().seen;
  const isAfterBroken = (index: number) => diagnoses.slice(0, index).some(({ state }) => state === "broken");
  const rest = diagnoses.filter((one, index) => isPassedOver(one) && isAfterBroken(index)).map(({ layer }) => describeLayer(layer));
  return [
    ...diagnoses.filter((one, index) => !isPassedOver(one) || !isAfterBroken(index)).flatMap((one) => renderDiagnosis(one, style, columns)),
    ...(rest.length === 0 ? [] : [style.soft(`  --  not looked at: ${rest.join(", ")}`)]),
  ].map(printableStyled);
}

function renderDiagnosis({ layer, state, seen, todo }: Diagnosis<string>, style: Style, columns?: number): string[] {
  const margin = " ".repeat(marginWidth);
  const width = columns === undefined ? undefined : columns - marginWidth;
  const fold = (text: string) => text.split("\n").flatMap((line) => foldWords(line, width));
  const [first = "", ...more] = fold(seen);
  return [
    `  ${markOf(state, style)}  ${describeLayer(layer).padEnd(labelWidth)}${first}`,
    ...more.map((line) => `${margin}${line}`),
    ...(state === "not-looked-at" ? [] : todo).flatMap(({ about, commands }) => [
      ...fold(commands.length > 0 ? `${about.replace(/\.$/, "")}:` : about).map((line) => `${margin}${style.soft(line)}`),
      ...commands.map((command) => `${margin}  ${command}`),
    ]),
  ];
}

/** At spaces alone: a path or an address that is too long stays whole. */
function foldWords(text: string, width: number | undefined): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && (width === undefined || width < wordsMinWidth || last.length + 1 + word.length <= width))
      lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(word);
  }
  return lines;
}

function markOf(state: DiagnosisState, style: Style): string {
  switch (state) {
    case "ok":
      return style.good("ok");
    case "broken":
      return style.bad("!!");
    case "warning":
      return style.bad(" !");
    case "unknown":
      return " ?";
    case "not-looked-at":
      return "--";
  }
}

function describeLayer(layer: string): string {
  const words: Readonly<Record<string, string>> = { "ssh-port": "SSH port", crypto: "crypto", "openclaw-client": "openclaw here" };
  return words[layer] ?? layer.replaceAll("-", " ");
}
