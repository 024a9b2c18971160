// A disk in memory under SQLite, in place of the machine's: it fills up, fails to write, to flush or to be read, and
// forgets what was never flushed when the power goes. One database at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>

struct sqlite3_vfs;

namespace stint::simulation {

/// Chances, each between 0 and 1, of what may happen to one call.
struct DiskFaults {
    double write = 0, flush = 0, read = 0;
    bool is_full = false;   ///< nothing more can be written
};

class Disk {
public:
    /// Stands under every database that is opened while it lives.
    explicit Disk(std::uint64_t seed);
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    void set_faults(const DiskFaults& faults) { faults_ = faults; }
    [[nodiscard]] const DiskFaults& faults() const { return faults_; }
    /// Called while a flush is under way, which takes as long as other things take.
    void on_flush(std::function<void()> handler) { flushing_ = std::move(handler); }

    /// The process ends: what it does from here on reaches no file.
    void stop() { is_stopped_ = true; }
    /// The next process begins, after the power was lost (what was not flushed is gone, or part of it) or not.
    void start(bool was_power_lost);

    [[nodiscard]] std::int64_t failures() const { return failures_; }
    [[nodiscard]] std::int64_t failed_flushes() const { return failed_flushes_; }

    /// While it lives nothing fails: for whoever looks at the records from outside.
    class Calm {
    public:
        explicit Calm(Disk& disk) : disk_(disk) { ++disk_.calm_; }
        ~Calm() { --disk_.calm_; }
        Calm(const Calm&) = delete;
        Calm& operator=(const Calm&) = delete;

    private:
        Disk& disk_;
    };

private:
    struct Content;
    struct File;
    struct Calls;   ///< what SQLite calls
    enum class Call { read, write, flush };
    /// An SQLite result code; SQLITE_OK when the call may go on.
    [[nodiscard]] int fate(Call call);

    std::mt19937_64 random_;   ///< of its own: what SQLite does must not shift the seed's story
    DiskFaults faults_;
    std::function<void()> flushing_;
    std::map<std::string, std::shared_ptr<Content>> files_;
    std::unique_ptr<sqlite3_vfs> vfs_;
    bool is_stopped_ = false, is_flushing_ = false;
    int calm_ = 0;
    std::int64_t failures_ = 0, failed_flushes_ = 0;
};

}  // namespace stint::simulation
