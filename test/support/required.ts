/**
 * Whether a missing `part` (sshd, ssh, curl, dbus, faketime, docker, netns, xmllint, systemd-analyze, systemd-box) is a failure here and not
 * a reason to skip: CLAWTUNNEL_TEST_REQUIRE names them, with commas.
 */
export function isRequired(part: string): boolean {
  return process.env.CLAWTUNNEL_TEST_REQUIRE?.split(",").includes(part) ?? false;
}
