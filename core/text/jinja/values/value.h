// SPDX-License-Identifier: GPL-3.0-or-later
// Values of the template language, with Python's way of printing, comparing and counting them.
// A string remembers which of its bytes come from which message: that is how masks are made without searching.
//
// Threads: values belong to one render. Errors inside the engine are the exception Problem; it never leaves
// ChatTemplate. Offsets are bytes; what the language counts are characters.
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace luthier::text::jinja {

struct Problem {
    std::string message;
    int line = 0;
    bool raised = false; // by raise_exception: the message is the template's own
};

[[noreturn]] void fail(const std::string& message);

// Where a stretch of text comes from.
enum class Source : std::uint8_t {
    Content,    // a message's content
    Answer,     // other fields an assistant produces: reasoning, tool calls
    Turn,       // written while a loop stood at this message
    Eos,        // the end-of-sequence token
    Generation, // inside {% generation %}
};

struct Run {
    std::size_t begin = 0;
    std::size_t end = 0;
    Source source = Source::Content;
    int message = -1;
};

struct Text {
    std::string bytes;
    std::vector<Run> runs;

    void append(const Text& other);
    void append(std::string_view plain);
    void mark(std::size_t begin, Source source, int message = -1);
    Text slice(std::size_t begin, std::size_t end) const;
    bool plain() const { return runs.empty(); }
};

class Value;
struct List;
struct Dict;
struct Function;
struct Loop;
struct None {};
struct Undefined {
    std::shared_ptr<const std::string> why;
};

class Value {
public:
    using State = std::variant<Undefined, None, bool, std::int64_t, double, std::shared_ptr<const Text>,
                               std::shared_ptr<List>, std::shared_ptr<Dict>, std::shared_ptr<const Function>,
                               std::shared_ptr<Loop>>;

    Value() = default; // undefined
    Value(None value) : m_state(value) {}
    Value(bool value) : m_state(value) {}
    Value(std::int64_t value) : m_state(value) {}
    Value(double value) : m_state(value) {}
    Value(Text value) : m_state(std::make_shared<const Text>(std::move(value))) {}
    Value(std::string value) : Value(Text{std::move(value), {}}) {}
    Value(const char* value) : Value(std::string(value)) {}
    Value(std::shared_ptr<List> value) : m_state(std::move(value)) {}
    Value(std::shared_ptr<Dict> value) : m_state(std::move(value)) {}
    Value(std::shared_ptr<const Function> value) : m_state(std::move(value)) {}
    Value(std::shared_ptr<Loop> value) : m_state(std::move(value)) {}

    static Value undefined(std::string why);
    static Value list(std::vector<Value> items, bool tuple = false);
    // What Python makes lazily: it can be looped over, but has no length and no items, and is true even when empty.
    static Value lazy(std::vector<Value> items);

    bool isUndefined() const { return std::holds_alternative<Undefined>(m_state); }
    bool isNone() const { return std::holds_alternative<None>(m_state); }
    bool isBool() const { return std::holds_alternative<bool>(m_state); }
    bool isInt() const { return std::holds_alternative<std::int64_t>(m_state); }
    bool isFloat() const { return std::holds_alternative<double>(m_state); }
    bool isNumber() const { return isBool() || isInt() || isFloat(); }
    bool isText() const { return std::holds_alternative<std::shared_ptr<const Text>>(m_state); }
    bool isList() const { return std::holds_alternative<std::shared_ptr<List>>(m_state); }
    bool isDict() const { return std::holds_alternative<std::shared_ptr<Dict>>(m_state); }
    bool isMapping() const; // a dict that is not a namespace
    bool isCallable() const;

    const Text& text() const { return *std::get<std::shared_ptr<const Text>>(m_state); }
    const std::string& bytes() const { return text().bytes; }
    List& list() const { return *std::get<std::shared_ptr<List>>(m_state); }
    Dict& dict() const { return *std::get<std::shared_ptr<Dict>>(m_state); }
    const std::shared_ptr<const Function>* function() const;
    const std::shared_ptr<Loop>* loop() const;
    std::int64_t integer() const; // of a bool or int
    double real() const;          // of any number
    const std::string& why() const;

    bool truth() const;
    int depth() const; // of containers; 0 for the rest
    const char* typeName() const;
    const State& state() const { return m_state; }

private:
    State m_state;
};

inline constexpr int kDeepest = 256;

struct List {
    std::vector<Value> items;
    bool tuple = false;
    bool lazy = false;
    int depth = 1;
    Source source = Source::Content;
    int message = -1; // -1: not from a message
};

struct Dict {
    std::vector<std::pair<Value, Value>> items;
    bool isNamespace = false;
    int depth = 1;
    Source source = Source::Content;
    int message = -1;     // its text comes from this message
    int turn = -1;        // it is this message

    const Value* find(const Value& key) const;
    const Value* find(std::string_view key) const;
    void set(Value key, Value value);
};

struct Arguments {
    std::vector<Value> positional;
    std::vector<std::pair<std::string, Value>> named;
};

class Engine;

struct Function {
    std::string name;
    std::function<Value(Engine&, Arguments&)> call;
};

struct Loop {
    std::shared_ptr<List> items;
    std::size_t index = 0;
    int level = 0;
    Value lastChanged;
    bool hasChanged = false;
    std::function<Value(Engine&, const Value&)> again; // a recursive loop's body over other items
};

Value fromJson(const Json& json, int depth = 0);
// A message: its answer fields are marked with `index`.
Value messageFromJson(const Json& json, int index);

std::string repr(const Value& value, int depth = 0);
std::string floatRepr(double value);
Text str(const Value& value); // what {{ value }} prints
bool equal(const Value& a, const Value& b);
int compare(const Value& a, const Value& b, const char* operation); // <0, 0, >0
bool contains(const Value& container, const Value& item);
std::vector<Value> iterate(const Value& value);
std::size_t length(const Value& value);

// The source of a container's text, to carry over to what is printed of it.
void inherit(Text& text, const Value& from);

// As inherit(), for what was appended to `text` since `begin`.
void inheritFrom(Text& text, std::size_t begin, const Value& from);

// Python's str.isspace() for one character.
bool isPythonSpace(char32_t value);

} // namespace luthier::text::jinja
