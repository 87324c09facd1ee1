import type { Logger } from "../../base/logger.js";
import type { Keyring } from "./keyring.js";
import { QuestionDesk } from "./question-desk.js";
import { Secrets } from "./secrets.js";
import type { PeopleContext } from "./tunnel-people.js";

/** What the people of all tunnels share. */
export function openPeople(keyring: Keyring, log: Logger): PeopleContext {
  const secrets = new Secrets(keyring, log);
  const desk = new QuestionDesk();
  // Proved right for one tunnel while another still asks: nobody has to type it again.
  secrets.onKept((account, answer) => desk.settle(account, answer));
  return { secrets, desk, log };
}
