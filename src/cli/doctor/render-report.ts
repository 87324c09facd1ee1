import { printableStyled, type Style } from "../output.js";
import type { Diagnosis } from "./diagnosis.js";
import { renderDiagnoses } from "./render.js";
import { renderEquipment, renderFindings, renderLogin, renderService } from "./render-login.js";
import type { DoctorReport, SubjectReport } from "./report.js";

/** Whether there is something to mend. */
export function hasTrouble({ machine, service, diagnoses, logins }: DoctorReport): boolean {
  const isAmiss = ({ state }: Diagnosis) => state === "broken" || state === "warning";
  const isLoginAmiss = (login: SubjectReport) => login.findings.length > 0 || login.diagnoses.some(isAmiss);
  return machine.findings.length > 0 || (service?.findings.length ?? 0) > 0 || diagnoses.some(isAmiss) || logins.some(isLoginAmiss);
}

/** For a person: a line for each layer, and under what is broken what to type. */
export function renderReport({ machine, service, diagnoses, logins }: DoctorReport, style: Style, columns?: number): string[] {
  const own = diagnoses.length === 0 ? [] : [style.strong("clawtunnel"), ...renderDiagnoses(diagnoses, style, columns), ""];
  return [
    ...own,
    ...logins.flatMap((login) => [...renderSubject(login, style, columns), ""]),
    ...(service === null ? [] : [...renderService(service, style), ""]),
    style.strong("this machine"),
    ...renderDiagnoses(machine.diagnoses, style, columns),
    renderEquipment(machine),
  ];
}

function renderSubject(login: SubjectReport, style: Style, columns?: number): string[] {
  const { name, target, diagnoses, isUp, findings } = login;
  const told = diagnoses.map(({ seen }) => seen);
  const untold = findings.filter(({ message }) => !told.some((seen) => seen.startsWith(message)));
  return [
    printableStyled(style.strong(name) + (name === target ? "" : `  ${target}`)),
    ...renderDiagnoses(diagnoses, style, columns),
    ...(isUp ? [] : renderLogin(login)),
    ...renderFindings(untold, style, "  ").map(printableStyled),
  ];
}
