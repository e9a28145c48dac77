<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>luthier::ui::ComparePage</name>
    <message numerus="yes">
        <source>after %n earlier message(s) of the row</source>
        <translation>
            <numerusform>after %n earlier message of the row</numerusform>
            <numerusform>after %n earlier messages of the row</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataTable</name>
    <message numerus="yes">
        <source>%n row(s)%1</source>
        <translation>
            <numerusform>%n row%1</numerusform>
            <numerusform>%n rows%1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::ModelsList</name>
    <message numerus="yes">
        <source>%n model(s)</source>
        <translation>
            <numerusform>%n model</numerusform>
            <numerusform>%n models</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::RunBadge</name>
    <message numerus="yes">
        <source>%n min left</source>
        <translation>
            <numerusform>%n min left</numerusform>
            <numerusform>%n min left</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::StatusLine</name>
    <message numerus="yes">
        <source>CPU, %n thread(s)</source>
        <translation>
            <numerusform>CPU, %n thread</numerusform>
            <numerusform>CPU, %n threads</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::TokenStrip</name>
    <message numerus="yes">
        <source>%n token(s) cut</source>
        <translation>
            <numerusform>%n token cut</numerusform>
            <numerusform>%n tokens cut</numerusform>
        </translation>
    </message>
</context>
</TS>
