// The verdict on one number: what it truly is, by a witness, against what the tool says of it and how it marks it.
// Pure.
//
//   equal      reported exactly, and it is that
//   within     reported exactly, and within what the witness can say (times, levels)
//   bounded    marked ≥ or ≈, and what it states holds
//   uncovered  marked – with a reason
//   LIE        all else: most of all a number, or nothing, that reads as exact and is not

/** @param truth the least and the most it can be, by the witness: of a count the same */
export const judge = ({ low, high }, reported) => RULES[reported.mark]({ low, high }, reported);

const RULES = {
  '=': ({ low, high }, { value }) => {
    if (value < low || value > high) return 'LIE';
    return low === high ? 'equal' : 'within';
  },
  '≥': ({ high }, { value }) => (value <= high ? 'bounded' : 'LIE'),
  // Without a bound an estimate states nothing but its value.
  '≈': ({ low, high }, { value, bound }) => {
    const [least, most] = bound ?? [value, value];
    return least <= high && most >= low ? 'bounded' : 'LIE';
  },
  '–': (_, { reason }) => (reason === '' ? 'LIE' : 'uncovered'),
};
