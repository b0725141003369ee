/** For processes that speak to a network: they are whoever called sudo, or nobody, before they say their first word. */
export type Owner = { readonly uid: number; readonly gid: number };

/** null to stay who we are. */
export const dropRoot = (owner: Owner | null): void => {
  if (owner === null) return;
  process.setgroups?.([]);
  process.setgid?.(owner.gid);
  process.setuid?.(owner.uid);
};
