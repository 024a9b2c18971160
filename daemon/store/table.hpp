// From a record's columns to SQL and back: one statement to put a record, one to read it, each made once per record
// type.
#pragma once

#include "store/column_visitors.hpp"
#include "store/columns.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stint {

template <class Record>
const ColumnNames& column_names() {
    static const ColumnNames names = [] {
        ColumnNames made;
        const Record record{};
        columns(made, record);
        return made;
    }();
    return names;
}

/// "id, kind, state, …"
template <class Record>
const std::string& column_list() {
    static const std::string list = [] {
        std::string made;
        for (const char* name : column_names<Record>().all) made += (made.empty() ? "" : ", ") + std::string(name);
        return made;
    }();
    return list;
}

/// Writes a record that has a key `id`: inserted, or its changing columns updated.
template <class Record>
void put_record(Db& db, const Record& record) {
    static const std::string sql = [] {
        std::string marks;
        std::string changes;
        for (std::size_t i = 0; i < column_names<Record>().all.size(); ++i) marks += i == 0 ? "?" : ", ?";
        for (const std::string name : column_names<Record>().changing) changes += (changes.empty() ? "" : ", ") + name + " = excluded." + name;
        return std::string("INSERT INTO ") + table_of<Record> + " (" + column_list<Record>() + ") VALUES (" + marks +
               ") ON CONFLICT (id) DO UPDATE SET " + changes;
    }();
    Query query = db.query(sql);
    ColumnWriter writer(query);
    columns(writer, record);
    query.run();
}

template <class Record>
Record read_row(Query& row) {
    Record record;
    ColumnReader reader(row);
    columns(reader, record);
    return record;
}

template <class Record, class RecordId>
std::optional<Record> find_record(Db& db, RecordId id) {
    static const std::string sql = "SELECT " + column_list<Record>() + " FROM " + table_of<Record> + " WHERE id = ?";
    Query query = db.query(sql, id);
    if (!query.step()) return std::nullopt;
    return read_row<Record>(query);
}

/// The first column of every row.
template <class T>
std::vector<T> read_all(Query query) {
    std::vector<T> all;
    while (query.step()) all.push_back(query.get<T>());
    return all;
}

}  // namespace stint
