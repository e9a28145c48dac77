// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/data_mapping.h"

#include "core/data/formats/format.h"
#include "core/data/unread/unread_fields.h"
#include "ui/theme/theme.h"
#include "ui/widgets/named_button.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QFormLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <string_view>

namespace luthier::ui {
namespace {

constexpr std::size_t kPreviewRows = 5;

struct MappedShape {
    const char* format;
    std::vector<const char*> fields;
};

// Shapes that columns can give; a new one is a line here.
const std::vector<MappedShape>& mappedShapes()
{
    static const std::vector<MappedShape> shapes{{"completion", {"prompt", "input", "completion"}},
                                                 {"instruction", {"instruction", "input", "output"}},
                                                 {"chat", {"messages"}},
                                                 {"preference", {"prompt", "input", "chosen", "rejected"}},
                                                 {"classification", {"text", "label"}},
                                                 {"text", {"text"}}};
    return shapes;
}

// Fields that say the same in other shapes: what one of them was chosen for stands for the others.
constexpr std::array<std::array<const char*, 4>, 2> kKin{{{"prompt", "instruction", "text", "messages"},
                                                         {"completion", "output", "chosen", "label"}}};

// The shape whose fields the columns name; the first where several do.
int shapeOf(const data::Columns& columns)
{
    const auto& shapes = mappedShapes();
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        const auto& fields = shapes[i].fields;
        const bool hasAll = std::all_of(columns.begin(), columns.end(), [&fields](const data::ColumnName& column) {
            return std::any_of(fields.begin(), fields.end(), [&column](const char* field) { return column.field == field; });
        });
        if (hasAll) {
            return static_cast<int>(i);
        }
    }
    return 0;
}

QString oneLine(const std::string& text)
{
    return QString::fromStdString(text).simplified();
}

} // namespace

DataMapping::DataMapping(QWidget* parent)
    : QWidget(parent), m_title(new QLabel), m_format(new QComboBox), m_fields(new QFormLayout), m_preview(new QPlainTextEdit),
      m_accept(makeButton(QStringLiteral("acceptMapping"), tr("Read it this way"), tr("Keeps the choice with the file; the file itself stays as it is")))
{
    setObjectName(QStringLiteral("dataMapping"));
    m_title->setWordWrap(true);
    m_format->setObjectName(QStringLiteral("mappingFormat"));
    m_format->setAccessibleName(tr("Shape that the rows should have"));
    m_format->setToolTip(tr("What a row of the file is; usually a prompt with its completion"));
    for (const MappedShape& shape : mappedShapes()) {
        const data::DatasetFormat* format = data::findFormat(shape.format);
        m_format->addItem(QCoreApplication::translate("DatasetFormat", format->label.c_str()), QString::fromLatin1(shape.format));
    }
    m_preview->setObjectName(QStringLiteral("mappingPreview"));
    m_preview->setAccessibleName(tr("How the first rows read"));
    m_preview->setReadOnly(true);
    m_preview->setTabChangesFocus(true);
    auto* shape = new QFormLayout;
    shape->addRow(tr("&Shape"), m_format);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(space(3), space(3), space(3), space(3));
    layout->setSpacing(space(2));
    layout->addWidget(m_title);
    layout->addLayout(shape);
    layout->addLayout(m_fields);
    layout->addWidget(new QLabel(tr("The first rows would read:")));
    layout->addWidget(m_preview, 1);
    layout->addWidget(m_accept, 0, Qt::AlignLeft);
    connect(m_format, &QComboBox::currentIndexChanged, this, &DataMapping::changeShape);
    connect(m_accept, &QPushButton::clicked, this, &DataMapping::accepted);
}

void DataMapping::setRows(const QString& file, std::vector<Json> rows, const data::Columns& kept)
{
    m_rows = std::move(rows);
    m_known.clear();
    m_facts = data::columnFacts(m_rows);
    const auto known = data::detectFormat(m_rows);
    auto guess = data::guessColumns(m_rows);
    m_title->setText(known && !guess ? tr("Say which column of %1 is what. Columns that go by the fields' own names need no choice.").arg(file)
                                     : tr("The columns of %1 have names that Luthier does not know. Say which column is what.").arg(file));
    guess = guess || !known ? guess : data::fullerShape(**known, m_rows);
    const QSignalBlocker quiet(m_format);
    if (!kept.empty()) {
        m_format->setCurrentIndex(shapeOf(kept));
        showFields(kept);
        return;
    }
    m_format->setCurrentIndex(guess ? std::max(0, m_format->findData(QString::fromStdString(guess->format))) : 0);
    showFields(guess ? guess->columns : data::Columns());
}

void DataMapping::showFields(const data::Columns& chosen)
{
    while (m_fields->rowCount() > 0) {
        m_fields->removeRow(0);
    }
    m_columns.clear();
    for (const char* field : mappedShapes()[static_cast<std::size_t>(m_format->currentIndex())].fields) {
        auto* combo = new QComboBox;
        combo->setObjectName(QStringLiteral("column.") + QLatin1String(field));
        combo->setProperty("field", QString::fromLatin1(field));
        combo->setAccessibleName(tr("Column for %1").arg(QLatin1String(field)));
        combo->setToolTip(tr("The column of the file that holds \"%1\"").arg(QLatin1String(field)));
        combo->addItem(tr("(none)"), QString());
        for (const data::ColumnFacts& column : m_facts) {
            //: a column's name, what it holds, an example
            combo->addItem(tr("%1 (%2: %3)").arg(QString::fromStdString(column.name), QString::fromStdString(column.kind), oneLine(column.example)),
                           QString::fromStdString(column.name));
        }
        const auto at = std::find_if(chosen.begin(), chosen.end(), [field](const data::ColumnName& one) { return one.field == field; });
        const QString column = at == chosen.end() ? QString() : QString::fromStdString(at->column);
        if (combo->findData(column) < 0) { // several as one field, or one that lies deeper
            combo->addItem(column, column);
        }
        combo->setCurrentIndex(std::max(0, combo->findData(column)));
        combo->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        connect(combo, &QComboBox::currentIndexChanged, this, &DataMapping::preview);
        m_fields->addRow(QString::fromLatin1(field), combo);
        m_columns.push_back(combo);
    }
    preview();
}

// Another shape keeps what was said: by the field's name, else by the field that says the same there.
void DataMapping::changeShape()
{
    showFields(carriedOver());
}

data::Columns DataMapping::carriedOver() const
{
    data::Columns carried;
    for (const char* field : mappedShapes()[static_cast<std::size_t>(m_format->currentIndex())].fields) {
        std::string column;
        if (const auto own = m_known.find(field); own != m_known.end()) {
            column = own->second;
        } else {
            for (const auto& kin : kKin) {
                const bool isKin = std::any_of(kin.begin(), kin.end(), [field](const char* one) { return std::string_view(one) == field; });
                for (const char* one : kin) {
                    const auto known = m_known.find(one);
                    column = isKin && column.empty() && known != m_known.end() ? known->second : column;
                }
            }
        }
        if (!column.empty()) {
            carried.push_back({field, column});
        }
    }
    return carried;
}

void DataMapping::remember()
{
    for (const QComboBox* combo : m_columns) {
        m_known[combo->property("field").toString().toStdString()] = combo->currentData().toString().toStdString();
    }
}

data::Columns DataMapping::columns() const
{
    data::Columns columns;
    for (const QComboBox* combo : m_columns) {
        if (const std::string column = combo->currentData().toString().toStdString(); !column.empty()) {
            columns.push_back({combo->property("field").toString().toStdString(), column});
        }
    }
    return columns;
}

QString DataMapping::format() const
{
    return m_format->currentData().toString();
}

void DataMapping::preview()
{
    remember();
    const data::DatasetFormat* format = data::findFormat(this->format().toStdString());
    const data::Columns chosen = columns();
    QStringList lines;
    bool isReadable = false;
    for (std::size_t i = 0; i < std::min(m_rows.size(), kPreviewRows); ++i) {
        const auto example = format->toExample(data::withColumns(m_rows[i], chosen));
        isReadable = isReadable || example.ok();
        lines += example ? tr("Prompt: %1\nAnswer: %2\n").arg(oneLine(data::promptOf(*example)), oneLine(data::answerOf(*example)))
                         : tr("Not readable: %1\n").arg(QString::fromStdString(example.message()));
    }
    m_preview->setPlainText(lines.join(u'\n'));
    m_accept->setEnabled(isReadable && !chosen.empty());
}

} // namespace luthier::ui
