import { Failure } from "../../base/failure.js";
import type { ServiceFacts } from "../facts.js";
import type { Service } from "../service.js";

export function systemdService(_facts: ServiceFacts): Service {
  throw new Failure("service-unavailable", "clawtunnel cannot be a service of systemd yet");
}
