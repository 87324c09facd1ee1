// Runs clawtunnel's daemon for Windows' Task Scheduler: without a window, waiting for its end, and again after a crash.
// JScript of 1999, for wscript.exe. Written by "clawtunnel install"; the task beside it runs it.

var command = "{{command}}";

// What the daemon gets beside your own environment: who started it, where it finds programs, where its files are.
var variables = {{variables}};

// How the daemon ends when it was asked to, and when its config is broken. Neither is a crash: this script ends with the same code.
// Unless the task has been disabled, it starts again within five minutes, by then perhaps with a mended config.
var endedOnRequest = 0;
var endedOnBrokenConfig = 78;

// The pause after a crash, doubled from one to the next, and as at first again when the daemon has run for long enough.
var firstPauseMs = 1000;
var longestPauseMs = 60000;
var steadyAfterMs = 600000;

var hidden = 0;
var waitForItsEnd = true;
var warning = 2;

var shell = new ActiveXObject("WScript.Shell");
var environment = shell.Environment("PROCESS");
for (var index = 0; index < variables.length; index++) {
  environment(variables[index][0]) = variables[index][1];
}

var code;
var pauseMs = firstPauseMs;
while (true) {
  var startedMs = new Date().getTime();
  try {
    code = shell.Run(command, hidden, waitForItsEnd);
  } catch (error) {
    // The program is not there: it may be in the middle of an upgrade.
    code = error.message;
  }
  if (code === endedOnRequest || code === endedOnBrokenConfig) break;
  if (new Date().getTime() - startedMs >= steadyAfterMs) pauseMs = firstPauseMs;
  try {
    // Event Viewer, Windows Logs, Application, source WSH.
    shell.LogEvent(warning, "clawtunnel's daemon ended: " + code + ". It is started again in " + pauseMs / 1000 + " s.");
  } catch (error) {
    // Not everybody may write there.
  }
  WScript.Sleep(pauseMs);
  pauseMs = Math.min(pauseMs * 2, longestPauseMs);
}
WScript.Quit(code);
