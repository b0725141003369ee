export const staleBecauseOf: () => string | null;
export const requireBuild: () => void;
