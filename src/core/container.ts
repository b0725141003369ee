/**
 * Which container a control group belongs to, by the names that runtimes give them: docker, podman, containerd, CRI-O
 * and Kubernetes (64 hex digits), systemd-nspawn and virtual machines (machine.slice), LXC. Twelve digits, as their own
 * tools print them.
 */
const PATTERNS: readonly (readonly [RegExp, (found: string) => string])[] = [
  [/(?:^|[/:.-])([0-9a-f]{64})(?:\.scope)?(?=\/|$)/, (id) => id.slice(0, 12)],
  [/\/machine\.slice\/(?:machine-)?([^/]+?)\.(?:scope|service)/, (name) => name],
  [/\/lxc(?:\.payload)?[./]([^/]+)/, (name) => name],
];

/** null outside of any container, and where the control group is not known. */
export const containerOf = (cgroup: string | null): string | null => {
  if (cgroup === null) return null;
  for (const [pattern, nameOf] of PATTERNS) {
    const found = pattern.exec(cgroup)?.[1];
    if (found !== undefined) return nameOf(found);
  }
  return null;
};
