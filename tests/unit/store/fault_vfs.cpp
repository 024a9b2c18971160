// The layer itself: every file carries SQLite's own behind it, and hands all calls down but the two that may fail.
#include "fault_vfs.hpp"

#include <sqlite3.h>

#include <new>

namespace stint::test {
namespace {

struct State {
    FaultyDisk::Fault fault = FaultyDisk::Fault::full_write;
    int left = -1;  ///< good ones left before it fails; -1: never
    bool has_failed = false;
};
State state;
sqlite3_vfs* below = nullptr;

bool fails(bool is_flush) {
    if (state.left < 0 || is_flush != (state.fault == FaultyDisk::Fault::broken_flush)) return false;
    if (state.left > 0) {
        --state.left;
        return false;
    }
    state.has_failed = true;
    return true;
}

struct File {
    sqlite3_file base;
};
sqlite3_file* under(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1); }
const sqlite3_io_methods* methods(sqlite3_file* file) { return under(file)->pMethods; }

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    if (fails(false)) return state.fault == FaultyDisk::Fault::full_write ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    return methods(file)->xWrite(under(file), data, size, at);
}
int sync(sqlite3_file* file, int flags) {
    if (fails(true)) return SQLITE_IOERR_FSYNC;
    return methods(file)->xSync(under(file), flags);
}

const sqlite3_io_methods layer{
    3,
    [](sqlite3_file* file) { return methods(file)->xClose(under(file)); },
    [](sqlite3_file* file, void* data, int size, sqlite3_int64 at) { return methods(file)->xRead(under(file), data, size, at); },
    write,
    [](sqlite3_file* file, sqlite3_int64 size) { return methods(file)->xTruncate(under(file), size); },
    sync,
    [](sqlite3_file* file, sqlite3_int64* size) { return methods(file)->xFileSize(under(file), size); },
    [](sqlite3_file* file, int level) { return methods(file)->xLock(under(file), level); },
    [](sqlite3_file* file, int level) { return methods(file)->xUnlock(under(file), level); },
    [](sqlite3_file* file, int* answer) { return methods(file)->xCheckReservedLock(under(file), answer); },
    [](sqlite3_file* file, int code, void* argument) { return methods(file)->xFileControl(under(file), code, argument); },
    [](sqlite3_file* file) { return methods(file)->xSectorSize(under(file)); },
    [](sqlite3_file* file) { return methods(file)->xDeviceCharacteristics(under(file)); },
    [](sqlite3_file* file, int page, int size, int flags, void volatile** memory) { return methods(file)->xShmMap(under(file), page, size, flags, memory); },
    [](sqlite3_file* file, int offset, int count, int flags) { return methods(file)->xShmLock(under(file), offset, count, flags); },
    [](sqlite3_file* file) { methods(file)->xShmBarrier(under(file)); },
    [](sqlite3_file* file, int is_deleting) { return methods(file)->xShmUnmap(under(file), is_deleting); },
    [](sqlite3_file* file, sqlite3_int64 at, int size, void** memory) { return methods(file)->xFetch(under(file), at, size, memory); },
    [](sqlite3_file* file, sqlite3_int64 at, void* memory) { return methods(file)->xUnfetch(under(file), at, memory); },
};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* answer) {
    new (file) File{};
    const int code = below->xOpen(below, name, under(file), flags, answer);
    file->pMethods = under(file)->pMethods == nullptr ? nullptr : &layer;
    return code;
}

}  // namespace

void FaultyDisk::install() {
    static sqlite3_vfs vfs = [] {
        below = sqlite3_vfs_find(nullptr);
        sqlite3_vfs made = *below;
        made.szOsFile = static_cast<int>(sizeof(File)) + below->szOsFile;
        made.zName = "faulty";
        made.pNext = nullptr;
        made.xOpen = open;
        return made;
    }();
    heal();
    sqlite3_vfs_register(&vfs, 1);
}

void FaultyDisk::fail_from(Fault fault, int nth) { state = {fault, nth - 1, false}; }

void FaultyDisk::heal() { state.left = -1; }

bool FaultyDisk::has_failed() { return state.has_failed; }

}  // namespace stint::test
