import { describe, expect, it } from "vitest";
import { Tally } from "../../../../../src/ssh/ssh2/auth/tally.js";

const tried = (story: (tally: Tally) => void) => {
  const tally = new Tally("me@box:22");
  story(tally);
  return tally;
};

describe("why nobody was let in", () => {
  it("names what was refused, in order, and what the server accepts", () => {
    const tally = tried((it) => {
      it.trying("/a");
      it.heard(["publickey", "password"], false);
      it.trying("the password");
      it.heard(["publickey"], false);
    });
    expect(tally.rejected().message).toBe("me@box:22 refused /a, the password; it accepts publickey");
  });

  it("tells what was accepted and not enough, apart from what was refused", () => {
    const tally = tried((it) => {
      it.trying("/a");
      it.heard(["keyboard-interactive"], true);
      it.trying("the answers");
      it.heard(["keyboard-interactive"], false);
    });
    expect(tally.rejected().message).toBe("me@box:22 accepted /a but wants more: keyboard-interactive; it refused the answers");
    expect(tally.soFar()).toBe("me@box:22 accepted /a and refused the answers; ");
  });

  it("does not count what has another sentence", () => {
    const tally = tried((it) => {
      it.trying("/locked");
      it.forget();
    });
    expect(tally.isEmpty).toBe(true);
    expect(tally.soFar()).toBe("");
  });

  it("says what could not be signed", () => {
    const tally = tried((it) => {
      it.trying("k (agent)");
      it.gaveUp("not signed");
    });
    expect(tally.rejected().message).toBe("me@box:22 refused k (agent) (not signed)");
  });
});
