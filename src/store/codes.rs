//! Codes: a column with few different values as one small number a row, the place of its value in the list of the column's
//! values. What holds of the values holds of the rows, so that a question is put to each value once and its answer is
//! looked up row by row, a million rows in some milliseconds, without a look at the records.
//!
//! The n-th code is that of row n. One byte each where the list is short, else two, the lower one first; all bits set
//! where there is no such row.

/// A column of more values has no codes.
pub const MOST_VALUES: usize = 1_000;
/// A list of more values makes wide codes.
const NARROW: usize = u8::MAX as usize;

/// The codes of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    bytes: Vec<u8>,
    is_wide: bool,
}

impl Codes {
    /// Those that are stored beside a list of so many values.
    pub fn stored(bytes: Vec<u8>, values: usize) -> Codes {
        Codes { bytes, is_wide: values > NARROW }
    }

    /// As they are stored.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Adds so many rows with the same code.
    pub fn push(&mut self, code: u16, times: usize) {
        if !self.is_wide && usize::from(code) >= NARROW {
            self.widen();
        }
        match u8::try_from(code) {
            Ok(code) if !self.is_wide => self.bytes.resize(self.bytes.len() + times, code),
            Ok(_) | Err(_) => self.bytes.extend(code.to_le_bytes().into_iter().cycle().take(2 * times)),
        }
    }

    /// Adds so many rows that are not there.
    pub fn skip(&mut self, times: usize) {
        let width = if self.is_wide { 2 } else { 1 };
        self.bytes.resize(self.bytes.len() + width * times, u8::MAX);
    }

    fn widen(&mut self) {
        let wide = |code: u8| if code == u8::MAX { u16::MAX } else { u16::from(code) };
        self.bytes = self.bytes.iter().flat_map(|code| wide(*code).to_le_bytes()).collect();
        self.is_wide = true;
    }

    /// Keeps of `rows`, a flag a row, those that are raised where `passes` says so of the code; a code beyond it never
    /// passes.
    pub fn retain(&self, passes: &[bool], rows: &mut [bool]) {
        let passes = |code: usize| passes.get(code).copied().unwrap_or(false);
        match self.is_wide {
            false => {
                let table: [bool; 256] = std::array::from_fn(passes);
                rows.iter_mut().zip(&self.bytes).for_each(|(row, code)| *row &= table[usize::from(*code)]);
            }
            true => rows.iter_mut().zip(self.wide()).for_each(|(row, code)| *row &= passes(code)),
        }
    }

    /// Adds `radix` times its code to the number of each row after the first `begin`, as far as there are numbers.
    pub fn add_to(&self, radix: usize, begin: usize, numbers: &mut [usize]) {
        match self.is_wide {
            false => {
                let codes = self.bytes.iter().skip(begin);
                numbers.iter_mut().zip(codes).for_each(|(number, code)| *number += radix * usize::from(*code))
            }
            true => numbers.iter_mut().zip(self.wide().skip(begin)).for_each(|(number, code)| *number += radix * code),
        }
    }

    fn wide(&self) -> impl Iterator<Item = usize> {
        self.bytes.chunks_exact(2).map(|bytes| usize::from(u16::from_le_bytes([bytes[0], bytes[1]])))
    }
}

/// The indexes of fields that are told by their numbers, of which the first is 1.
pub fn indexes(fields: &[i32]) -> Vec<usize> {
    fields.iter().filter_map(|field| usize::try_from(field - 1).ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn codes_come_back_as_they_went_in(
            runs in prop::collection::vec((prop::option::of(0..600_u16), 1..5_usize), 0..60),
            values in 0..600_u16,
        ) {
            let runs = runs.into_iter().map(|(code, times)| (code.map(|code| code % (values + 1)), times));
            let runs: Vec<(Option<u16>, usize)> = runs.chain([(Some(values), 1)]).collect();
            let mut codes = Codes::default();
            for (code, times) in &runs {
                match code {
                    Some(code) => codes.push(*code, *times),
                    None => codes.skip(*times),
                }
            }
            let expected: Vec<Option<u16>> = runs.iter().flat_map(|(code, times)| vec![*code; *times]).collect();
            let stored = Codes::stored(codes.clone().into_bytes(), usize::from(values) + 1);
            prop_assert_eq!(&stored, &codes);
            for one in [0, 1, 254, 255, values] {
                let passes: Vec<bool> = (0..=values).map(|value| value == one).collect();
                let mut rows = vec![true; expected.len()];
                stored.retain(&passes, &mut rows);
                let wanted = expected.iter().map(|code| *code == Some(one) && one <= values);
                prop_assert_eq!(rows, wanted.collect::<Vec<bool>>());
            }
            let mut numbers = vec![7; expected.len()];
            let begin = numbers.len() / 3;
            stored.add_to(3, begin, &mut numbers);
            for (number, code) in numbers.iter().zip(expected.iter().skip(begin)) {
                prop_assert!(code.is_none_or(|code| *number == 7 + 3 * usize::from(code)));
            }
        }
    }
}
