import { printableStyled, type Style } from "../output.js";
import type { Diagnosis, DiagnosisState } from "./diagnosis.js";

const labelWidth = 17;

/** One line for each layer that was looked at; under the broken one what to type; the rest in one line. */
export function renderDiagnoses(diagnoses: readonly Diagnosis<string>[], style: Style): string[] {
  const isPassedOver = ({ state, todo }: Diagnosis<string>) => state === "not-looked-at" && todo.length === 0;
  const isAfterBroken = (index: number) => diagnoses.slice(0, index).some(({ state }) => state === "broken");
  const rest = diagnoses.filter((one, index) => isPassedOver(one) && isAfterBroken(index)).map(({ layer }) => describeLayer(layer));
  return [
    ...diagnoses.filter((one, index) => !isPassedOver(one) || !isAfterBroken(index)).flatMap((one) => renderDiagnosis(one, style)),
    ...(rest.length === 0 ? [] : [style.soft(`  --  not looked at: ${rest.join(", ")}`)]),
  ].map(printableStyled);
}

function renderDiagnosis({ layer, state, seen, todo }: Diagnosis<string>, style: Style): string[] {
  const [first = "", ...more] = seen.split("\n");
  const margin = " ".repeat(labelWidth + 6);
  return [
    `  ${markOf(state, style)}  ${describeLayer(layer).padEnd(labelWidth)}${first}`,
    ...more.map((line) => `${margin}${line}`),
    ...(state === "not-looked-at" ? [] : todo).flatMap(({ about, commands }) => [
      `${margin}${style.soft(`${commands.length > 0 ? `${about.replace(/\.$/, "")}:` : about}`)}`,
      ...commands.map((command) => `${margin}  ${command}`),
    ]),
  ];
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
