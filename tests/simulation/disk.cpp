// The calls that SQLite makes of a file system, over bytes in memory. See sqlite.org/vfs.html.
#include "disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <vector>

namespace stint::simulation {

/// What is in a file, and what it takes to get back to what was flushed.
struct Disk::Content {
    struct Undo {
        std::size_t at = 0, size_before = 0;
        std::vector<char> bytes;
    };
    std::vector<char> bytes;
    std::vector<Undo> undo;                        ///< the oldest first
    std::vector<std::unique_ptr<char[]>> shared;   ///< the memory that connections share; of this process only

    void remember(std::size_t at, std::size_t size) {
        Undo before{at, bytes.size(), {}};
        if (at < bytes.size()) {
            const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at);
            before.bytes.assign(first, first + static_cast<std::ptrdiff_t>(std::min(size, bytes.size() - at)));
        }
        undo.push_back(std::move(before));
    }
    /// Back to where `kept` of the unflushed changes had been made.
    void lose_all_but(std::size_t kept) {
        for (; undo.size() > kept; undo.pop_back()) {
            const Undo& last = undo.back();
            bytes.resize(last.size_before);
            std::copy(last.bytes.begin(), last.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(last.at));
        }
        undo.clear();
    }
};

struct Disk::File {
    sqlite3_file base;
    Disk* disk;
    std::shared_ptr<Content> content;
};

int Disk::fate(Call call) {
    if (is_stopped_) return SQLITE_IOERR;
    if (calm_ > 0) return SQLITE_OK;
    const auto happens = [this](double chance) { return chance > 0 && std::uniform_real_distribution<double>(0, 1)(random_) < chance; };
    int code = SQLITE_OK;
    switch (call) {
    case Call::read: code = happens(faults_.read) ? SQLITE_IOERR_READ : SQLITE_OK; break;
    case Call::write: code = faults_.is_full ? SQLITE_FULL : happens(faults_.write) ? SQLITE_IOERR_WRITE : SQLITE_OK; break;
    case Call::flush: code = happens(faults_.flush) ? SQLITE_IOERR_FSYNC : SQLITE_OK; break;
    }
    if (code != SQLITE_OK) ++failures_;
    if (code == SQLITE_IOERR_FSYNC) ++failed_flushes_;
    return code;
}

struct Disk::Calls {
    static File& file(sqlite3_file* base) { return *reinterpret_cast<File*>(base); }
    static Content& content(sqlite3_file* base) { return *file(base).content; }
    static Disk& disk(sqlite3_vfs* vfs) { return *static_cast<Disk*>(vfs->pAppData); }

    static int close(sqlite3_file* base) {
        file(base).~File();
        return SQLITE_OK;
    }
    static int read(sqlite3_file* base, void* into, int length, sqlite3_int64 offset) {
        if (file(base).disk->is_stopped_) return SQLITE_IOERR_READ;
        const std::vector<char>& bytes = content(base).bytes;
        const auto at = static_cast<std::size_t>(offset);
        const auto wanted = static_cast<std::size_t>(length);
        const std::size_t there = at < bytes.size() ? std::min(wanted, bytes.size() - at) : 0;
        if (there > 0) std::memcpy(into, bytes.data() + at, there);
        if (there == wanted) return SQLITE_OK;
        std::memset(static_cast<char*>(into) + there, 0, wanted - there);
        return SQLITE_IOERR_SHORT_READ;
    }
    static int write(sqlite3_file* base, const void* data, int length, sqlite3_int64 offset) {
        if (const int code = file(base).disk->fate(Call::write); code != SQLITE_OK) return code;
        Content& into = content(base);
        const auto at = static_cast<std::size_t>(offset);
        const auto size = static_cast<std::size_t>(length);
        into.remember(at, size);
        if (into.bytes.size() < at + size) into.bytes.resize(at + size);
        std::memcpy(into.bytes.data() + at, data, size);
        return SQLITE_OK;
    }
    static int truncate(sqlite3_file* base, sqlite3_int64 length) {
        if (file(base).disk->is_stopped_) return SQLITE_IOERR_TRUNCATE;
        Content& into = content(base);
        const auto size = static_cast<std::size_t>(length);
        into.remember(size, into.bytes.size());
        into.bytes.resize(size);
        return SQLITE_OK;
    }
    static int flush(sqlite3_file* base, int) {
        Disk& disk = *file(base).disk;
        if (disk.flushing_ && !disk.is_stopped_ && disk.calm_ == 0 && !disk.is_flushing_) {
            disk.is_flushing_ = true;
            disk.flushing_();
            disk.is_flushing_ = false;
        }
        if (const int code = disk.fate(Call::flush); code != SQLITE_OK) return code;
        content(base).undo.clear();
        return SQLITE_OK;
    }
    static int size(sqlite3_file* base, sqlite3_int64* answer) {
        *answer = static_cast<sqlite3_int64>(content(base).bytes.size());
        return SQLITE_OK;
    }
    static int map(sqlite3_file* base, int region, int length, int is_extending, void volatile** memory) {
        auto& shared = content(base).shared;
        const auto wanted = static_cast<std::size_t>(region) + 1;
        while (is_extending != 0 && shared.size() < wanted) shared.push_back(std::make_unique<char[]>(static_cast<std::size_t>(length)));
        *memory = shared.size() < wanted ? nullptr : shared[wanted - 1].get();
        return SQLITE_OK;
    }
    /// Each reading begins with a lock on the shared memory: the pages themselves are long in SQLite's own cache.
    static int lock(sqlite3_file* base, int, int, int flags) {
        const bool is_reading = flags == (SQLITE_SHM_LOCK | SQLITE_SHM_SHARED);
        return is_reading ? file(base).disk->fate(Call::read) : SQLITE_OK;
    }
    static int unmap(sqlite3_file* base, int) {
        content(base).shared.clear();
        return SQLITE_OK;
    }

    static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* base, int flags, int* answer) {
        static const sqlite3_io_methods methods{
            2,
            close,
            read,
            write,
            truncate,
            flush,
            size,
            [](sqlite3_file*, int) { return SQLITE_OK; },
            [](sqlite3_file*, int) { return SQLITE_OK; },
            [](sqlite3_file*, int* is_reserved) { *is_reserved = 0; return SQLITE_OK; },
            [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
            [](sqlite3_file*) { return 4096; },
            [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; },
            map,
            lock,
            [](sqlite3_file*) {},
            unmap,
            nullptr,
            nullptr,
        };
        base->pMethods = nullptr;
        Disk& self = disk(vfs);
        if (self.is_stopped_) return SQLITE_CANTOPEN;
        auto& there = self.files_[name == nullptr ? "" : name];
        if (!there || name == nullptr) there = std::make_shared<Content>();
        new (base) File{{&methods}, &self, there};
        if (answer != nullptr) *answer = flags;
        return SQLITE_OK;
    }
    static int remove(sqlite3_vfs* vfs, const char* name, int) {
        if (disk(vfs).is_stopped_) return SQLITE_IOERR_DELETE;
        return disk(vfs).files_.erase(name) != 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
    }
    static int is_there(sqlite3_vfs* vfs, const char* name, int, int* answer) {
        *answer = disk(vfs).files_.contains(name) ? 1 : 0;
        return SQLITE_OK;
    }
    static int full_name(sqlite3_vfs*, const char* name, int size, char* into) {
        sqlite3_snprintf(size, into, "%s", name);
        return SQLITE_OK;
    }
    /// Asked for once a process: it must not shift the story of the seed that happens to be the first.
    static int randomness(sqlite3_vfs*, int size, char* into) {
        std::memset(into, 7, static_cast<std::size_t>(size));
        return size;
    }
};

Disk::Disk(std::uint64_t seed) : random_(seed), vfs_(std::make_unique<sqlite3_vfs>()) {
    const sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
    if (real == nullptr) throw std::runtime_error("SQLite has no file system");
    *vfs_ = *real;
    vfs_->szOsFile = static_cast<int>(sizeof(File));
    vfs_->pNext = nullptr;
    vfs_->zName = "simulated";
    vfs_->pAppData = this;
    vfs_->xOpen = Calls::open;
    vfs_->xDelete = Calls::remove;
    vfs_->xAccess = Calls::is_there;
    vfs_->xFullPathname = Calls::full_name;
    vfs_->xRandomness = Calls::randomness;
    vfs_->xSleep = [](sqlite3_vfs*, int length) { return length; };
    sqlite3_vfs_register(vfs_.get(), 1);
}

Disk::~Disk() { sqlite3_vfs_unregister(vfs_.get()); }

void Disk::start(bool was_power_lost) {
    is_stopped_ = false;
    for (auto& [name, content] : files_) {
        content->shared.clear();
        if (was_power_lost) content->lose_all_but(std::uniform_int_distribution<std::size_t>(0, content->undo.size())(random_));
    }
}

}  // namespace stint::simulation
