// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/workspace/places.h"

#include "core/store/project.h"
#include "ui/workspace/workspace.h"

namespace luthier::ui {
namespace {

constexpr const char* kPlacesKey = "places"; // value of the project: {page: place}

} // namespace

Places::Places(Workspace& workspace) : QObject(&workspace), m_workspace(workspace)
{
    connect(&m_workspace, &Workspace::projectChanged, this, &Places::load);
}

void Places::load()
{
    m_project = m_workspace.project();
    m_isRead = false;
    m_places = Json::object();
    m_loading.cancel();
    m_saving.whenWritten(m_project ? std::function<void()>([this] { readAll(); }) : nullptr);
}

void Places::readAll()
{
    m_loading.start(this, [project = m_project]() -> Result<Json> { return project->value(kPlacesKey); }, [this](const Result<Json>& kept) {
        m_places = kept && kept->is_object() ? *kept : Json::object();
        m_isRead = true;
        Q_EMIT read();
    });
}

Json Places::at(const QString& page) const
{
    return m_places.value(page.toStdString(), Json());
}

void Places::keep(const QString& page, const Json& place)
{
    const std::string key = page.toStdString();
    if (!m_isRead || m_places.value(key, Json()) == place) {
        return;
    }
    m_places[key] = place;
    m_saving.start(this, [project = m_project, places = m_places]() -> Result<void> { return project->setValue(kPlacesKey, places); }, [this](const Result<void>& kept) {
        if (!kept) {
            m_workspace.say(tr("Where you were could not be kept: %1").arg(QString::fromStdString(kept.message())));
        }
    });
}

QString textIn(const Json& place, const char* key)
{
    const Json value = place.is_object() ? place.value(key, Json()) : Json();
    return value.is_string() ? QString::fromStdString(value.get<std::string>()) : QString();
}

std::int64_t wholeIn(const Json& place, const char* key, std::int64_t fallback)
{
    const Json value = place.is_object() ? place.value(key, Json()) : Json();
    return value.is_number_integer() ? value.get<std::int64_t>() : fallback;
}

} // namespace luthier::ui
