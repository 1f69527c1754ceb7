//! The line: read → map → standardise → validate → link → merge → write.
