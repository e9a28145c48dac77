<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>luthier::ui::AdaptersDetails</name>
    <message numerus="yes">
        <source>%n adapter(s) chosen</source>
        <translation>
            <numerusform>%n adapter chosen</numerusform>
            <numerusform>%n adapters chosen</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::AdaptersPage</name>
    <message numerus="yes">
        <source>Move %n adapter(s) to the project's trash?</source>
        <translation>
            <numerusform>Move %n adapter to the project's trash?</numerusform>
            <numerusform>Move %n adapters to the project's trash?</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::CompareContest</name>
    <message numerus="yes">
        <source>%1, %n answer(s) in one batch</source>
        <translation>
            <numerusform>%1, %n answer in one batch</numerusform>
            <numerusform>%1, %n answers in one batch</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::JudgePage</name>
    <message numerus="yes">
        <source>%n preference(s) written</source>
        <translation>
            <numerusform>%n preference written</numerusform>
            <numerusform>%n preferences written</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1  ·  %n pair(s)</source>
        <translation>
            <numerusform>%1  ·  %n pair</numerusform>
            <numerusform>%1  ·  %n pairs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 wins %2 % (%3 to %4 %) of %n pair(s).</source>
        <translation>
            <numerusform>%1 wins %2 % (%3 to %4 %) of %n pair.</numerusform>
            <numerusform>%1 wins %2 % (%3 to %4 %) of %n pairs.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::PublishDialog</name>
    <message numerus="yes">
        <source>Combine %n adapter(s)</source>
        <translation>
            <numerusform>Combine %n adapter</numerusform>
            <numerusform>Combine %n adapters</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::ComparePage</name>
    <message numerus="yes">
        <source>after %n earlier message(s)</source>
        <translation>
            <numerusform>after %n earlier message</numerusform>
            <numerusform>after %n earlier messages</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataSearch</name>
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
    <name>luthier::ui::Amounts</name>
    <message numerus="yes">
        <source>%n min left</source>
        <translation>
            <numerusform>%n min left</numerusform>
            <numerusform>%n min left</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::WindowSentence</name>
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
<context>
    <name>luthier::ui::DataClusters</name>
    <message numerus="yes">
        <source>Group %1 of %2: %n row(s). Words that differ from the first are marked; 1 to 9 keep that row and leave the others out.</source>
        <translation>
            <numerusform>Group %1 of %2: %n row. Words that differ from the first are marked; 1 to 9 keep that row and leave the others out.</numerusform>
            <numerusform>Group %1 of %2: %n rows. Words that differ from the first are marked; 1 to 9 keep that row and leave the others out.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataFilterNote</name>
    <message numerus="yes">
        <source>%1 — %n row(s)</source>
        <translation>
            <numerusform>%1 — %n row</numerusform>
            <numerusform>%1 — %n rows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataFilters</name>
    <message numerus="yes">
        <source>%n s left</source>
        <translation>
            <numerusform>%n s left</numerusform>
            <numerusform>%n s left</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataReplace</name>
    <message numerus="yes">
        <source>Replace in %n row(s)</source>
        <translation>
            <numerusform>Replace in %n row</numerusform>
            <numerusform>Replace in %n rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n row(s) would change.</source>
        <translation>
            <numerusform>%n row would change.</numerusform>
            <numerusform>%n rows would change.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>replacing in %n row(s)</source>
        <translation>
            <numerusform>replacing in %n row</numerusform>
            <numerusform>replacing in %n rows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataTable</name>
    <message numerus="yes">
        <source>Take %n row(s) in again	Del</source>
        <translation>
            <numerusform>Take %n row in again	Del</numerusform>
            <numerusform>Take %n rows in again	Del</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Exclude %n row(s) from training	Del</source>
        <translation>
            <numerusform>Exclude %n row from training	Del</numerusform>
            <numerusform>Exclude %n rows from training	Del</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataVersions</name>
    <message numerus="yes">
        <source>%n row(s) differ.</source>
        <translation>
            <numerusform>%n row differs.</numerusform>
            <numerusform>%n rows differ.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>bringing %n row(s) back</source>
        <translation>
            <numerusform>bringing %n row back</numerusform>
            <numerusform>bringing %n rows back</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::LengthHistogram</name>
    <message numerus="yes">
        <source>%1 to %2: %n row(s)</source>
        <translation>
            <numerusform>%1 to %2: %n row</numerusform>
            <numerusform>%1 to %2: %n rows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataDocument</name>
    <message numerus="yes">
        <source>leaving out %n row(s)</source>
        <translation>
            <numerusform>leaving out %n row</numerusform>
            <numerusform>leaving out %n rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>taking in %n row(s)</source>
        <translation>
            <numerusform>taking in %n row</numerusform>
            <numerusform>taking in %n rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>tag “%1” on %n row(s)</source>
        <translation>
            <numerusform>tag “%1” on %n row</numerusform>
            <numerusform>tag “%1” on %n rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>tag “%1” off %n row(s)</source>
        <translation>
            <numerusform>tag “%1” off %n row</numerusform>
            <numerusform>tag “%1” off %n rows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::TuneShootout</name>
    <message numerus="yes">
        <source>%1, %n method(s)</source>
        <translation>
            <numerusform>%1, %n method</numerusform>
            <numerusform>%1, %n methods</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n method(s), one after the other; all else stays as the recipe says.</source>
        <translation>
            <numerusform>%n method; all else stays as the recipe says.</numerusform>
            <numerusform>%n methods, one after the other; all else stays as the recipe says.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataBatch</name>
    <message numerus="yes">
        <source>%1 (%n row(s))</source>
        <translation>
            <numerusform>%1 (%n row)</numerusform>
            <numerusform>%1 (%n rows)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataSplit</name>
    <message numerus="yes">
        <source>%n excluded or broken row(s) are left out.</source>
        <translation>
            <numerusform>%n excluded or broken row is left out.</numerusform>
            <numerusform>%n excluded or broken rows are left out.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataMakings</name>
    <message numerus="yes">
        <source>%n accepted row(s) lie in %1.</source>
        <translation>
            <numerusform>%n accepted row lies in %1.</numerusform>
            <numerusform>%n accepted rows lie in %1.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::JudgingDesk</name>
    <message numerus="yes">
        <source>In %1 of %n pair(s) the order of the answers decided.</source>
        <translation>
            <numerusform>In %1 of %n pair the order of the answers decided.</numerusform>
            <numerusform>In %1 of %n pairs the order of the answers decided.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::EvaluationDesk</name>
    <message numerus="yes">
        <source>%n row(s) cannot be asked (%1).</source>
        <translation>
            <numerusform>%n row cannot be asked (%1).</numerusform>
            <numerusform>%n rows cannot be asked (%1).</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::PublishDialog</name>
    <message numerus="yes">
        <source>%n adapter(s)</source>
        <translation>
            <numerusform>%n adapter</numerusform>
            <numerusform>%n adapters</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::EvaluateSetup</name>
    <message numerus="yes">
        <source>How it went over the run&apos;s steps: at most %n of its checkpoints answer</source>
        <translation>
            <numerusform>How it went over the run&apos;s steps: at most %n of its checkpoints answers</numerusform>
            <numerusform>How it went over the run&apos;s steps: at most %n of its checkpoints answer</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::EvaluateResult</name>
    <message numerus="yes">
        <source>%n row(s) were left out, such as row %1: %2.</source>
        <translation>
            <numerusform>%n row was left out: row %1: %2.</numerusform>
            <numerusform>%n rows were left out, such as row %1: %2.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::TuneTrials</name>
    <message numerus="yes">
        <source>%n trial(s)</source>
        <translation>
            <numerusform>%n trial</numerusform>
            <numerusform>%n trials</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::TuneData</name>
    <message numerus="yes">
        <source>Learned from %n file(s) together: %1</source>
        <translation>
            <numerusform>Learned from %n file together: %1</numerusform>
            <numerusform>Learned from %n files together: %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::TuneGate</name>
    <message numerus="yes">
        <source>%n row(s) have nothing to learn: no token of them is trained. Look at them, mend or raise the longest length, or go on without them.</source>
        <translation>
            <numerusform>%n row has nothing to learn: no token of it is trained. Look at it, mend it or raise the longest length, or go on without it.</numerusform>
            <numerusform>%n rows have nothing to learn: no token of them is trained. Look at them, mend or raise the longest length, or go on without them.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::ScoreChart</name>
    <message numerus="yes">
        <source>%n pair(s), %1 % the right way round; scores from %2 to %3</source>
        <translation>
            <numerusform>%n pair, %1 % the right way round; scores from %2 to %3</numerusform>
            <numerusform>%n pairs, %1 % the right way round; scores from %2 to %3</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::CompareExtras</name>
    <message numerus="yes">
        <source>base, prompt and %n example(s)</source>
        <translation>
            <numerusform>base, prompt and %n example</numerusform>
            <numerusform>base, prompt and %n examples</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataSave</name>
    <message numerus="yes">
        <source>%n row(s) will be saved, in the order of the table.</source>
        <translation>
            <numerusform>%n row will be saved, in the order of the table.</numerusform>
            <numerusform>%n rows will be saved, in the order of the table.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataSave</name>
    <message numerus="yes">
        <source>%n that are left out of training are not.</source>
        <translation>
            <numerusform>%n that is left out of training is not.</numerusform>
            <numerusform>%n that are left out of training are not.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::RolloutReader</name>
    <message numerus="yes">
        <source>Reward %1 · KL %2 · %n token(s) · %3 · row %4</source>
        <translation>
            <numerusform>Reward %1 · KL %2 · %n token · %3 · row %4</numerusform>
            <numerusform>Reward %1 · KL %2 · %n tokens · %3 · row %4</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::JudgePage</name>
    <message numerus="yes">
        <source>%n judges agree by alpha %1.</source>
        <translation>
            <numerusform>%n judge agrees by alpha %1.</numerusform>
            <numerusform>%n judges agree by alpha %1.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::JudgeModel</name>
    <message numerus="yes">
        <source>In %1 of %n pair(s) the order of the answers decided, which counts as a tie.</source>
        <translation>
            <numerusform>In %1 of %n pair the order of the answers decided, which counts as a tie.</numerusform>
            <numerusform>In %1 of %n pairs the order of the answers decided, which counts as a tie.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::RolloutTrial</name>
    <message numerus="yes">
        <source>All %n answer(s) of the update: %1 on average</source>
        <translation>
            <numerusform>The one answer of the update: %1</numerusform>
            <numerusform>All %n answers of the update: %1 on average</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::RemoteDialog</name>
    <message numerus="yes">
        <source>%n card(s)</source>
        <translation>
            <numerusform>%n card</numerusform>
            <numerusform>%n cards</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::TunePlace</name>
    <message numerus="yes">
        <source>A step of this recipe has %n batch(es), fewer than these: they are cut further, and some may idle. More accumulation keeps all busy.</source>
        <translation>
            <numerusform>A step of this recipe has %n batch, fewer than these: it is cut further, and some may idle. More accumulation keeps all busy.</numerusform>
            <numerusform>A step of this recipe has %n batches, fewer than these: they are cut further, and some may idle. More accumulation keeps all busy.</numerusform>
        </translation>
    </message>
</context>
</TS>
