// A disk that fails on demand: a layer over SQLite's own file system that answers "full" or "broken" from the n-th
// write or flush on, until space returns.
#pragma once

namespace stint::test {

class FaultyDisk {
public:
    enum class Fault { full_write, broken_write, broken_flush };

    /// Puts itself under every database opened from now on in this process.
    static void install();
    /// The `nth` write (or flush) from now, counted from 1, fails, and all after it until `heal`.
    static void fail_from(Fault fault, int nth);
    static void heal();
    /// Did it come to the failing one?
    [[nodiscard]] static bool has_failed();
};

}  // namespace stint::test
