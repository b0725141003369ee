// Numbers as src/report/html/values.ts writes them on the page, for charts; a test holds the two together.

globalThis.reportNumbers = (() => {
  const exact = (value) => {
    const [digits = '', fraction] = String(value).split('.');
    const grouped = digits.replace(/\B(?=(\d{3})+$)/g, ',');
    return fraction === undefined ? grouped : `${grouped}.${fraction}`;
  };
  const threeDigits = (value) => {
    const size = Math.abs(value);
    return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
  };
  const scaled = (value, step, units) => {
    let rest = value;
    let index = 0;
    while (Math.abs(rest) >= step - 0.5 && index < units.length - 1) {
      rest /= step;
      index += 1;
    }
    return [rest, units[index]];
  };
  const compact = (value) => {
    const size = Math.abs(value);
    if (size < 9999.5) return size < 10 ? String(Number(value.toFixed(2))) : exact(Math.round(value));
    const [rest, unit] = scaled(value, 1000, ['', 'k', 'M', 'G', 'T', 'P', 'E']);
    return threeDigits(rest) + unit;
  };
  const bytes = (value) => {
    const [rest, unit] = scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']);
    return (unit === 'B' ? String(Math.round(rest)) : threeDigits(rest)) + unit;
  };
  const percent = (value) => `${value < 99.95 ? value.toFixed(1) : exact(Math.round(value))}%`;
  const SECONDS = { ns: 1e-9, us: 1e-6, ms: 1e-3 };
  const rateText = (value, { kind, unit }) => {
    const suffix = kind === 'counter' ? '/s' : '';
    if (unit in SECONDS)
      return kind === 'counter' ? percent(value * SECONDS[unit] * 100) : `${compact(value)}${unit}`;
    if (unit === 'bytes') return bytes(value) + suffix;
    if (unit === 'KiB') return bytes(value * 1024) + suffix;
    if (unit === 'percent') return percent(value) + suffix;
    if (unit === 'load') return value.toFixed(2) + suffix;
    return compact(value) + suffix;
  };
  return { rateText };
})();
