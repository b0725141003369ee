/** Which of two formats a client prefers, by its Accept header. */
export const prefersOpenMetrics = (accept: string): boolean => {
  const ranges = accept.split(',').map(readRange);
  const qualityOf = (type: string, version: string | null): number =>
    Math.max(
      0,
      ...ranges
        .filter((range) => range.type === type && (range.version === null || range.version === version))
        .map(({ quality }) => quality),
    );
  const open = qualityOf('application/openmetrics-text', '1.0.0');
  return open > 0 && open >= qualityOf('text/plain', '0.0.4');
};

const readRange = (text: string) => {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const parameterOf = (name: string): string | null =>
    parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
  const quality = Number(parameterOf('q') ?? 1);
  return { type, version: parameterOf('version'), quality: Number.isFinite(quality) ? quality : 0 };
};
