import { expect, it, onTestFinished } from "vitest";
import { occurrencesAround } from "../../src/config/cron.js";
import { type Alarm, createAlarm } from "../../src/daemon/timetable/alarm.js";

function makeAlarm(): Alarm {
  const alarm = createAlarm();
  onTestFinished(() => alarm.set(undefined, () => {}));
  return alarm;
}

const rung = (alarm: Alarm, atMs: number) => new Promise<number>((resolve) => alarm.set(atMs, () => resolve(Date.now())));

it("rings at the next second that a schedule names, and again when it is set again", async () => {
  const alarm = makeAlarm();
  for (let times = 0; times < 2; times += 1) {
    const { nextMs } = occurrencesAround({ cron: "* * * * * *", timeZone: undefined }, Date.now());
    expect(await rung(alarm, nextMs)).toBeGreaterThanOrEqual(nextMs);
  }
});

it("rings at once for a time that has passed", async () => {
  expect(await rung(makeAlarm(), 1)).toBeGreaterThan(1);
});

it("rings only for what it was set to last, and for as long as it is set", async () => {
  const alarm = makeAlarm();
  const heard: string[] = [];
  const soon = Date.now() + 300;
  alarm.set(soon, () => heard.push("first"));
  alarm.set(soon + 50, () => heard.push("second"));
  // Another alarm, later than all of them, tells that their time is over.
  await rung(makeAlarm(), soon + 400);
  expect(heard).toEqual(["second"]);

  alarm.set(Date.now() + 100, () => heard.push("third"));
  alarm.set(undefined, () => heard.push("never"));
  await rung(makeAlarm(), Date.now() + 300);
  expect(heard).toEqual(["second"]);
});
