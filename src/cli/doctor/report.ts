import type { LoginReport } from "../../ssh/examine/examine-login.js";
import type { ServiceExamination } from "../service/examine-service.js";
import type { Diagnosis, MachineLayer } from "./diagnosis.js";
import type { Equipment, Finding } from "./login-findings.js";

/** `doctor --json`. Fields may be added, never change meaning. */
export interface DoctorReport {
  readonly machine: Equipment & { readonly findings: readonly Finding[]; readonly diagnoses: readonly Diagnosis<MachineLayer>[] };
  /** Null when the config cannot be read, by which it is known what else keeps forwards open. */
  readonly service: ServiceExamination | null;
  /** Of the daemon and the config when there is no tunnel to look at; else each tunnel has them. */
  readonly diagnoses: readonly Diagnosis[];
  readonly logins: readonly SubjectReport[];
}

/** One tunnel, or one host. */
export interface SubjectReport extends LoginReport {
  readonly name: string;
  readonly findings: readonly Finding[];
  /** In their order, from this machine to the gateway. */
  readonly diagnoses: readonly Diagnosis[];
  /** The layer that nothing before it explains; null when none is broken. */
  readonly cause: Diagnosis | null;
  /** Whether the tunnel's own session stands: how it would log in is of no interest then. */
  readonly isUp: boolean;
}
