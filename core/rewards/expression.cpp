// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewards/expression.h"

#include "core/rewards/answer_part.h"
#include "core/rewards/text_counts.h"
#include "core/text/characters/utf8.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <variant>

namespace luthier::rewards {

using Node = Expression::Node;
using NodePtr = std::shared_ptr<const Node>;
using Value = std::variant<std::monostate, double, std::string>; // missing, a number, a text

namespace {

// What is read of an answer once and asked for by several nodes.
class Facts {
public:
    explicit Facts(const Answer& answer) : m_answer(answer) {}

    const Answer& answer() const { return m_answer; }
    const TextCounts& counts()
    {
        if (!m_counts) {
            m_counts = countsOf(m_answer.text);
        }
        return *m_counts;
    }
    const Json& json()
    {
        if (!m_json) {
            auto read = base::parseJson(trimmed(m_answer.text));
            m_json = read ? *read : Json();
        }
        return *m_json;
    }

private:
    const Answer& m_answer;
    std::optional<TextCounts> m_counts;
    std::optional<Json> m_json;
};

std::optional<double> numberOf(const Value& value)
{
    const auto* number = std::get_if<double>(&value);
    return number && std::isfinite(*number) ? std::optional(*number) : std::nullopt;
}

bool isTrue(const Value& value)
{
    if (const auto* text = std::get_if<std::string>(&value)) {
        return !text->empty();
    }
    return numberOf(value).value_or(0) != 0;
}

Value valueOfJson(const Json& value)
{
    if (value.is_number()) {
        return value.get<double>();
    }
    if (value.is_boolean()) {
        return value.get<bool>() ? 1.0 : 0.0;
    }
    return value.is_string() ? Value(value.get<std::string>()) : value.is_null() ? Value() : Value(base::dumpJson(value));
}

std::string lowered(std::string text)
{
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
    return text;
}

} // namespace

struct Expression::Node {
    std::function<Value(Facts&)> value;
};

namespace {

constexpr int kDeepest = 100;
constexpr std::size_t kLongest = std::size_t{16} << 10;

using Arguments = std::vector<NodePtr>;
using Values = std::vector<Value>;

struct Field {
    const char* name;
    Value (*value)(Facts&);
};
constexpr std::array kFields{
    Field{"answer", [](Facts& f) -> Value { return f.answer().text; }},
    Field{"prompt", [](Facts& f) -> Value { return f.answer().prompt; }},
    Field{"expected", [](Facts& f) { return f.answer().expected ? Value(*f.answer().expected) : Value(); }},
    Field{"words", [](Facts& f) -> Value { return static_cast<double>(f.counts().words); }},
    Field{"characters", [](Facts& f) -> Value { return static_cast<double>(f.counts().characters); }},
    Field{"lines", [](Facts& f) -> Value { return static_cast<double>(f.counts().lines); }},
    Field{"sentences", [](Facts& f) -> Value { return static_cast<double>(f.counts().sentences); }},
    Field{"repeats", [](Facts& f) -> Value { return repeatedShare(f.answer().text); }},
    Field{"tokens", [](Facts& f) -> Value { return static_cast<double>(f.answer().tokens); }},
    Field{"ended", [](Facts& f) -> Value { return f.answer().ended ? 1.0 : 0.0; }},
    Field{"number",
          [](Facts& f) {
              const auto numbers = numbersIn(f.answer().text);
              return numbers.empty() ? Value() : Value(numbers.back());
          }},
};

struct Function {
    const char* name;
    std::size_t arguments;
    bool texts; // all are texts, else numbers; a missing one makes the result missing
    Value (*value)(const Values& values);
};
std::string textAt(const Values& values, std::size_t at)
{
    return std::get<std::string>(values[at]);
}
double numberAt(const Values& values, std::size_t at)
{
    return std::get<double>(values[at]);
}
double countIn(const std::string& text, const std::string& what)
{
    double count = 0;
    for (std::size_t at = what.empty() ? std::string::npos : text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) {
        ++count;
    }
    return count;
}
constexpr std::array kFunctions{
    Function{"contains", 2, true, [](const Values& v) -> Value { return textAt(v, 0).find(textAt(v, 1)) != std::string::npos ? 1.0 : 0.0; }},
    Function{"count", 2, true, [](const Values& v) -> Value { return countIn(textAt(v, 0), textAt(v, 1)); }},
    Function{"starts", 2, true, [](const Values& v) -> Value { return textAt(v, 0).starts_with(textAt(v, 1)) ? 1.0 : 0.0; }},
    Function{"ends", 2, true, [](const Values& v) -> Value { return trimmed(textAt(v, 0)).ends_with(textAt(v, 1)) ? 1.0 : 0.0; }},
    Function{"lower", 1, true, [](const Values& v) -> Value { return lowered(textAt(v, 0)); }},
    Function{"length", 1, true, [](const Values& v) -> Value { return static_cast<double>(text::toCodePoints(textAt(v, 0)).size()); }},
    Function{"number", 1, true,
             [](const Values& v) {
                 const auto numbers = numbersIn(textAt(v, 0));
                 return numbers.empty() ? Value() : Value(numbers.back());
             }},
    Function{"abs", 1, false, [](const Values& v) -> Value { return std::abs(numberAt(v, 0)); }},
    Function{"min", 2, false, [](const Values& v) -> Value { return std::min(numberAt(v, 0), numberAt(v, 1)); }},
    Function{"max", 2, false, [](const Values& v) -> Value { return std::max(numberAt(v, 0), numberAt(v, 1)); }},
    Function{"clamp", 3, false, [](const Values& v) -> Value { return std::min(std::max(numberAt(v, 0), numberAt(v, 1)), numberAt(v, 2)); }},
};

NodePtr node(std::function<Value(Facts&)> value)
{
    return std::make_shared<const Node>(Node{std::move(value)});
}

Value computed(const std::string& op, const Value& left, const Value& right)
{
    const auto a = numberOf(left);
    const auto b = numberOf(right);
    if (!a || !b) {
        return {};
    }
    const double value = op == "+" ? *a + *b : op == "-" ? *a - *b : op == "*" ? *a * *b : *b == 0 ? std::nan("") : *a / *b;
    return std::isfinite(value) ? Value(value) : Value();
}

// Only like compares with like.
bool compared(const std::string& op, const Value& left, const Value& right)
{
    if (left.index() == 0 || right.index() == 0 || left.index() != right.index()) {
        return false;
    }
    const bool less = left < right;
    const bool equal = left == right;
    return op == "=" || op == "==" ? equal : op == "!=" ? !equal : op == "<" ? less : op == "<=" ? less || equal : op == ">" ? !less && !equal : !less;
}

class Parser {
public:
    explicit Parser(std::string_view text) : m_text(text) {}

    Result<NodePtr> parse()
    {
        if (m_text.size() > kLongest) {
            return Error{"a formula of more than 16 KiB is not read"};
        }
        NodePtr root = either(0);
        skip();
        if (m_error.empty() && m_at < m_text.size()) {
            fail("\"" + std::string(m_text.substr(m_at, 10)) + "\" is not expected there");
        }
        return m_error.empty() ? Result<NodePtr>(root) : Result<NodePtr>(Error{m_error});
    }

private:
    NodePtr fail(const std::string& what)
    {
        m_error = m_error.empty() ? "character " + std::to_string(m_at + 1) + ": " + what : m_error;
        m_at = m_text.size();
        return node([](Facts&) { return Value(); });
    }
    void skip() { m_at = text::skipSpaces(m_text, m_at); }
    static bool isWord(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
    bool take(std::string_view what)
    {
        skip();
        const bool word = isWord(what.front());
        const std::size_t end = m_at + what.size();
        if (m_text.substr(m_at, what.size()) != what || (word && end < m_text.size() && isWord(m_text[end]))) {
            return false;
        }
        m_at = end;
        return true;
    }
    std::string oneOf(std::initializer_list<const char*> words)
    {
        for (const char* word : words) {
            if (take(word)) {
                return word;
            }
        }
        return {};
    }

    NodePtr either(int depth)
    {
        if (depth > kDeepest) {
            return fail("it is nested more than " + std::to_string(kDeepest) + " deep");
        }
        NodePtr left = both(depth);
        while (take("or")) {
            left = node([left, right = both(depth)](Facts& f) -> Value { return isTrue(left->value(f)) || isTrue(right->value(f)) ? 1.0 : 0.0; });
        }
        return left;
    }
    NodePtr both(int depth)
    {
        NodePtr left = negated(depth);
        while (take("and")) {
            left = node([left, right = negated(depth)](Facts& f) -> Value { return isTrue(left->value(f)) && isTrue(right->value(f)) ? 1.0 : 0.0; });
        }
        return left;
    }
    NodePtr negated(int depth)
    {
        if (depth > kDeepest) {
            return fail("it is nested more than " + std::to_string(kDeepest) + " deep");
        }
        if (take("not")) {
            return node([inner = negated(depth + 1)](Facts& f) -> Value { return isTrue(inner->value(f)) ? 0.0 : 1.0; });
        }
        NodePtr left = sum(depth);
        if (const std::string op = oneOf({"==", "!=", "<=", ">=", "<", ">", "="}); !op.empty()) {
            return node([left, op, right = sum(depth)](Facts& f) -> Value { return compared(op, left->value(f), right->value(f)) ? 1.0 : 0.0; });
        }
        return left;
    }
    NodePtr sum(int depth) { return chain(depth, {"+", "-"}, &Parser::product); }
    NodePtr product(int depth) { return chain(depth, {"*", "/"}, &Parser::factor); }
    NodePtr chain(int depth, std::initializer_list<const char*> ops, NodePtr (Parser::*next)(int))
    {
        NodePtr left = (this->*next)(depth);
        for (std::string op = oneOf(ops); !op.empty() && m_error.empty(); op = oneOf(ops)) {
            left = node([left, op, right = (this->*next)(depth)](Facts& f) { return computed(op, left->value(f), right->value(f)); });
        }
        return left;
    }
    NodePtr factor(int depth)
    {
        skip();
        if (depth > kDeepest) {
            return fail("it is nested more than " + std::to_string(kDeepest) + " deep");
        }
        if (m_at >= m_text.size()) {
            return fail("something is missing at the end");
        }
        if (take("-")) {
            return node([inner = factor(depth + 1)](Facts& f) { return computed("-", Value(0.0), inner->value(f)); });
        }
        if (take("(")) {
            NodePtr inner = either(depth + 1);
            return take(")") ? inner : fail("a ) is missing");
        }
        const char c = m_text[m_at];
        return c == '\'' || c == '"' ? text(c) : (c >= '0' && c <= '9') || c == '.' ? number() : name(depth);
    }
    NodePtr number()
    {
        double value = 0;
        const auto read = std::from_chars(m_text.data() + m_at, m_text.data() + m_text.size(), value);
        if (read.ec != std::errc()) {
            return fail("a number is expected");
        }
        m_at = static_cast<std::size_t>(read.ptr - m_text.data());
        return node([value](Facts&) -> Value { return value; });
    }
    NodePtr text(char quote)
    {
        std::string inside;
        for (++m_at; m_at < m_text.size() && m_text[m_at] != quote; ++m_at) {
            m_at += m_text[m_at] == '\\' && m_at + 1 < m_text.size() ? 1 : 0;
            inside += m_text[m_at];
        }
        if (m_at >= m_text.size()) {
            return fail("a text is opened and not closed");
        }
        ++m_at;
        return node([inside](Facts&) -> Value { return inside; });
    }
    std::string word()
    {
        const std::size_t first = m_at;
        while (m_at < m_text.size() && (isWord(m_text[m_at]) || m_text[m_at] == '.')) {
            ++m_at;
        }
        return std::string(m_text.substr(first, m_at - first));
    }
    NodePtr name(int depth)
    {
        const std::size_t first = m_at;
        const std::string called = word();
        if (take("(")) {
            return call(called, depth);
        }
        if (called.starts_with("json.") || called.starts_with("row.")) {
            return path(called);
        }
        for (const Field& field : kFields) {
            if (called == field.name) {
                return node(field.value);
            }
        }
        m_at = first;
        return fail(called.empty() ? "\"" + std::string(m_text.substr(first, 1)) + "\" is not expected there" : "there is no field \"" + called + "\"");
    }
    NodePtr path(const std::string& called)
    {
        std::vector<std::string> keys;
        for (std::size_t at = called.find('.'); at != std::string::npos;) {
            const std::size_t end = called.find('.', at + 1);
            keys.push_back(called.substr(at + 1, end == std::string::npos ? end : end - at - 1));
            at = end;
        }
        return node([keys, ofRow = called.starts_with("row.")](Facts& f) -> Value {
            const Json* at = ofRow ? &f.answer().row : &f.json();
            for (const std::string& key : keys) {
                if (!at->is_object() || !at->contains(key)) {
                    return {};
                }
                at = &(*at)[key];
            }
            return valueOfJson(*at);
        });
    }
    NodePtr call(const std::string& called, int depth)
    {
        Arguments arguments;
        while (m_error.empty() && !take(")")) {
            if (!arguments.empty() && !take(",")) {
                return fail("a , or ) is missing");
            }
            arguments.push_back(either(depth + 1));
        }
        const auto wrong = [&](std::size_t count) { return fail(called + " takes " + std::to_string(count) + (count == 1 ? " value" : " values")); };
        if (called == "has") {
            return arguments.size() != 1 ? wrong(1) : node([x = arguments[0]](Facts& f) -> Value { return x->value(f).index() != 0 ? 1.0 : 0.0; });
        }
        if (called == "if") {
            return arguments.size() != 3 ? wrong(3) : node([arguments](Facts& f) { return arguments[isTrue(arguments[0]->value(f)) ? 1 : 2]->value(f); });
        }
        for (const Function& function : kFunctions) {
            if (called == function.name) {
                return arguments.size() != function.arguments ? wrong(function.arguments) : node([arguments, &function](Facts& f) { return applied(function, arguments, f); });
            }
        }
        return fail("there is no function \"" + called + "\"");
    }
    static Value applied(const Function& function, const Arguments& arguments, Facts& facts)
    {
        Values values;
        for (const NodePtr& each : arguments) {
            values.push_back(each->value(facts));
            if (values.back().index() != (function.texts ? 2U : 1U)) {
                return {};
            }
        }
        return function.value(values);
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    std::string m_error;
};

} // namespace

Result<Expression> Expression::compile(std::string_view text)
{
    auto root = Parser(text).parse();
    return root ? Result<Expression>(Expression(*root)) : Result<Expression>(root.error());
}

std::optional<double> Expression::valueOf(const Answer& answer) const
{
    Facts facts(answer);
    return numberOf(m_root->value(facts));
}

} // namespace luthier::rewards
