export const root: string;
export const staleBecauseOf: () => string | null;
export const requireBuild: () => void;
