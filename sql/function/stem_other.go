package function

import (
	"slices"
	"strings"
)

// Stems of Slavic, Uralic and other languages, after the Snowball algorithms.

const russianVowels = stemLetters("аеиоуыэюя")

var (
	russianGerunds    = stemRules("1: в вши вшись; 2: ив ыв ивши ывши ившись ывшись")
	russianAdjectives = stemRules("1: ее ие ое ые ими ыми ей ий ой ый ем им ом ым его ого ему ому их ых ею ою ую юю ая яя")
	russianParticiple = stemRules("1: ем нн вш щ ющ; 2: ивш ывш ующ")
	russianReflexive  = stemRules("1: сь ся")
	russianVerbs      = stemRules("1: ла на ете йте ли й л ем н ло но нно ет ют ны ть ешь; 2: ила ыла ена ите ейте уйте или ыли ей уй ил ыл им ым ен ило ыло ено ует ит ыт уют ят ены ить ыть ишь ю ую")
	russianNouns      = stemRules("1: а ев ов е ие ье и еи ии ами ями иями й ей ией ий ой ам ем ием ом ям иям о у ах ях иях ы ь ю ию ью я ия ья")
	russianDerived    = stemRules("1: ост ость")
	russianTidy       = stemRules("1: ейше ейш; 2: н; 3: ь")
)

func stemRussian(w *stemWord) {
	v := russianVowels
	w.pv, w.p2 = len(w.s), len(w.s)
	if at := w.past(v, true, 0); at >= 0 {
		w.pv = at
		if at = w.past(v, false, w.past(v, true, w.past(v, false, at))); at >= 0 {
			w.p2 = at
		}
	}
	w.behind(w.pv, func() bool {
		if !w.russianCut(russianGerunds) {
			_, n := w.find(russianReflexive, 0)
			w.cut(n)
			if !w.russianAdjective() && !w.russianCut(russianVerbs) {
				_, n := w.find(russianNouns, 0)
				w.cut(n)
			}
		}
		if w.letter(0) == 'и' {
			w.cut(1)
		}
		if rule, n := w.find(russianDerived, 0); rule != 0 && w.in(w.p2, n) {
			w.cut(n)
		}
		switch rule, n := w.find(russianTidy, 0); {
		case rule == 1:
			w.cut(n)
			if w.has("нн", 0) {
				w.cut(1)
			}
		case rule == 2 && w.letter(1) == 'н', rule == 3:
			w.cut(1)
		}
		return true
	})
}

// russianCut takes an ending off; one of rule 1 must stand after а or я.
func (w *stemWord) russianCut(t stemTable) bool {
	rule, n := w.find(t, 0)
	if rule == 0 || rule == 1 && w.letter(n) != 'а' && w.letter(n) != 'я' {
		return false
	}
	w.cut(n)
	return true
}

func (w *stemWord) russianAdjective() bool {
	rule, n := w.find(russianAdjectives, 0)
	if rule == 0 {
		return false
	}
	w.cut(n)
	w.russianCut(russianParticiple)
	return true
}

const (
	finnishVowels    = stemLetters("aeiouyäö")
	hungarianVowels  = stemLetters("aeiouáéíóöõúüû")
	romanianVowels   = stemLetters("aeiouâîă")
	armenianVowels   = stemLetters("աէիօւեոը")
	irishVowels      = stemLetters("aeiouáéíóú")
	catalanVowels    = stemLetters("aeiouáàéèíïóòúü")
	basqueVowels     = stemLetters("aeiou")
	lithuanianVowels = stemLetters("aeiyouąęįųėū")
)

var (
	finnishParticles   = stemRules("1: pa kaan han kin hän kään ko pä kö; 2: sti")
	finnishPossessives = stemRules("1: si; 2: ni; 3: nsa mme nne nsä; 4: an; 5: än; 6: en")
	finnishAn          = stemRules("1: ta ssa sta lla lta na")
	finnishAen         = stemRules("1: tä ssä stä llä ltä nä")
	finnishEn          = stemRules("1: lle ine")
	finnishLong        = stemRules("1: aa ee ii oo uu ää öö")
	finnishCases       = stemRules("1: han; 2: hen; 3: hin; 4: hon; 5: hän; 6: hön; 7: n; 8: a ä; 9: tta ttä; 10: lla na ssa ta lta sta lle ine ksi llä nä ssä tä ltä stä; 11: siin den tten; 12: seen")
	finnishOther       = stemRules("1: mma mpa mmi mpi mmä mpä; 2: eja imma impa immi impi ejä immä impä")
	hungarianDoubles   = stemRules("1: bb cc ccs dd ff gg ggy jj kk ll lly mm nn nny pp rr ss ssz tt tty vv zz zzs")
	hungarianCases     = stemRules("1: ba ra be re ig nak nek val vel ul nál nél ból ról tól bõl rõl tõl ül n an ban en ben képpen on ön képp kor t at et ként anként enként onként ot ért öt hez hoz höz vá vé")
	hungarianSpecial   = stemRules("1: én án ánként")
	hungarianOther     = stemRules("1: astul estül stul stül ástul éstül")
	hungarianPlurals   = stemRules("1: ák ék ök ak ok ek k")
	hungarianOwned     = stemRules("1: aké eké oké öké éké áké ké ééi áéi éé; 2: éi é")
	hungarianOwner     = stemRules("1: unk ünk ánk énk nk ájuk éjük juk jük uk ük am em om ám ém m ad ed od öd ád éd d ja je a e o á é")
	hungarianOwners    = stemRules("1: jaim jeim áim éim aim eim im jaid jeid áid éid aid eid id jai jei ái éi ai ei i jaink jeink aink eink áink éink jeitek ink jaitok eitek aitok áitok éitek itek jaik jeik aik eik áik éik ik")
	romanianStep0      = stemRules("1: ului ul; 2: aua; 3: ea ele elor; 4: iua iile iei ii ilor iilor; 5: ile; 6: atei; 7: aţia aţie")
	romanianCombined   = stemRules("1: abilitate abilitati abilităi abilităţi; 2: ibilitate; 3: ivitate ivitati ivităi ivităţi; 4: icala iciva icale icitate icive icali icatori icitati icivi icităi icităţi ical icator iciv icală icivă; 5: ativa aţiune atoare ătoare ative atori ători ativi ator ător ativ ativă; 6: itiva iţiune itoare itive itori itivi itor itiv itivă")
	romanianSuffixes   = stemRules("1: ica abila ibila oasa ata ita anta uta iva ic ice abile ibile oase ate itate ite ante ute ive ici abili ibili atori osi ati itati iti anti uti ivi ităi oşi ităţi abil ibil ator os at it ant ut iv ică abilă ibilă oasă ată ită antă ută ivă; 2: iune iuni; 3: ista isme iste isti işti ism ist istă")
	romanianVerbs      = stemRules("1: ea ia esc ăsc ind ând are ere ire âre ase ise use âse eşte ăşte eze ai eai iai eşti ăşti ui ezi âi aşi aseşi iseşi useşi âseşi işi uşi âşi eaţi iaţi arăţi aserăţi iserăţi userăţi âserăţi irăţi urăţi ârăţi am eam iam asem isem usem âsem arăm aserăm iserăm userăm âserăm irăm urăm ârăm au eau iau indu ându ez ească ară aseră iseră useră âseră iră ură âră ează; 2: se sese sei seşi seseşi aţi eţi iţi âţi serăţi seserăţi em sesem im âm ăm serăm seserăm seră seseră")
	romanianEndings    = stemRules("1: a e i ie ă")
	armenianAdjectives = stemRules("1: րորդ երորդ ալի ակի որակ եղ ական արան են եկեն երեն որէն ին գին ովին լայն վուն պես իվ ատ ավետ կոտ բար")
	armenianVerbs      = stemRules("1: ա ացա եցա վե ացրի ացի եցի վեցի ալ ըալ անալ ենալ ացնալ ել ըել նել ցնել եցնել չել վել ացվել եցվել տել ատել ոտել կոտել ված ում վում ան ցան ացան ացրին ացին եցին վեցին ալիս ելիս ավ ացավ եցավ ալով ելով ար ացար եցար ացրիր ացիր եցիր վեցիր աց եց ացրեց ալուց ելուց ալու ելու աք ցաք ացաք ացրիք ացիք եցիք վեցիք անք ցանք ացանք ացրինք ացինք եցինք վեցինք")
	armenianNouns      = stemRules("1: որդ ույթ ուհի ցի իլ ակ յակ անակ իկ ուկ ան պան ստան արան եղէն յուն ություն ածո իչ ուս ուստ գար վոր ավոր ոց անօց ու ք չեք իք ալիք անիք վածք ույք ենք ոնք ունք մունք իչք արք")
	armenianEndings    = stemRules("1: սա վա ամբ դ անդ ությանդ վանդ ոջդ երդ ներդ ուդ ը անը ությանը վանը ոջը երը ները ի վի երի ների անում երում ներում ն ան ության վան ին երին ներին ությանն երն ներն ուն ոջ ությանս վանս ոջս ով անով վով երով ներով եր ներ ց ից վանից ոջից վից երից ներից ցից ոց ուց")
	irishNouns         = stemRules("1: íochta aíochta abh eabh ibh aibh amh eamh imh aimh íocht aíocht; 2: ire aire irí airí")
	irishDerived       = stemRules("1: achta eachta ach each achtúil eachtúil acht eacht; 2: arcachta arcacht arcachtaí; 3: gineach gineas ginis; 4: grafaíochta grafaíoch grafaíocht grafaíochtaí; 5: patacha paite patach pataigh; 6: óideacha óideach óidigh")
	irishVerbs         = stemRules("1: imid aimid ímid aímid faidh fidh; 2: adh eadh áil ain tear tar")
	irishStarts        = [...][2]string{{"d'fh", "f"}, {"bhf", "f"}, {"h-", ""}, {"n-", ""}, {"t-", ""}, {"d'", ""}, {"m'", ""}, {"b'", ""},
		{"sh", "s"}, {"mb", "b"}, {"gc", "c"}, {"nd", "d"}, {"ng", "g"}, {"bp", "p"}, {"ts", "s"}, {"dt", "t"}, {"bh", "b"}, {"ch", "c"},
		{"dh", "d"}, {"fh", "f"}, {"gh", "g"}, {"mh", "m"}, {"ph", "p"}, {"th", "t"}}
	catalanPronouns     = stemRules("1: la -la sela le me -me se -te hi 'hi li -li 'l 'm -m 'n -n ho 'ho lo selo 's las selas les -les 'ls -ls 'ns -ns ens los selos nos -nos vos us -us 't")
	catalanSuffixes     = stemRules("1: enca ancia encia ència ícia inia íinia eria ària atòria alla ella ívola ima íssima ana ina era sfera ora dora adora adura esa osa assa essa issa eta ita ota ista ialista ionista iva ativa nça ístic enc esc ud atge ble able ible isme ialisme ionisme ivisme aire icte iste ici íci ari tori al il all ell ívol isam issem ìssem íssem íssim amen ìssin ar ificar egar ejar itar itzar fer or dor dur doras uds nces ancies encies ències ícies inies ínies eries àries atòries bles ables ibles imes íssimes formes ismes ialismes ines eres ores dores idores dures eses oses asses ictes ites otes istes ialistes ionistes ives atives allengües icis ícis aris toris ls als ells ims íssims ions cions esos osos assos issos ers ors dors adors idors ats itats bilitats ivitats ativitats ïtats ets ants ents ments aments ots uts ius trius atius ès és ís dís ós itat bilitat ivitat ativitat ïtat et ant ent ient ment ament isament ot isseu ìsseu ísseu triu íssiu atiu ó ió ció ació; 2: ada ades acions; 3: lógica logia logía logi lógics logies lógiques logíes logis; 4: ica ic ics iques; 5: quíssima quíssim quíssimes quíssims")
	catalanVerbs        = stemRules("1: aba esca isca ïsca ada ida uda ïda ia aria iria ara iera ira adora ïra ava ixa itza ía aría ería iría ïa isc ïsc ad ed id ie re dre ase iese aste iste ii ini esqui eixi itzi am em arem irem àrem írem àssem éssem iguem ïguem avem àvem ávem irìem íem aríem iríem assim essim issim àssim èssim éssim íssim ïm an aban arian aran ieran iran ían arían erían irían en ien arien irien aren eren iren àren ïren asen iesen assen essen issen éssen ïssen esquen isquen ïsquen aven ixen eixen ïxen ïen in inin sin isin assin essin issin ïssin esquin eixin aron ieron arán erán irán iïn ado ido iendo io ixo eixo ïxo itzo ar tzar er eixer ir ador as abas adas idas aras ieras ías arías erías irías ids es ades ides udes ïdes atges ies aries iries ares ires adores ïres ases ieses asses esses isses ïsses ques esques ïsques aves ixes eixes ïxes ïes abais arais ierais íais aríais eríais iríais aseis ieseis asteis isteis inis sis isis assis essis issis ïssis esquis eixis itzis áis aréis eréis iréis ams ados idos amos ábamos áramos iéramos íamos aríamos eríamos iríamos aremos eremos iremos ásemos iésemos imos adors ass erass ess ats its ents às aràs iràs arás erás irás és arés ís iïs at it ant ent int ut ït au erau ieu ineu areu ireu àreu íreu asseu esseu eresseu àsseu ésseu igueu ïgueu àveu áveu itzeu ìeu irìeu íeu aríeu iríeu assiu issiu àssiu èssiu éssiu íssiu ïu ix eix ïx itz ià arà irà itzà ará erá irá irè aré eré iré í iï ió; 2: ando")
	catalanResidue      = stemRules("1: a e i ïn o ir s is os ïs it eu iu itz à á é ì í ï ó; 2: iqu")
	basqueVerbs         = stemRules("1: idea bidea kidea pidea kundea galea tailea tzailea gunea kunea tzaga gaia aldia taldia karia karria ka tzaka la mena pena kina ezina tezina kuna tuna kizuna era bera kera pera orra korra dura gura kura tura eta keta gailua eza erreza gaitza kaitza kuntza ide bide kide pide kunde tzake tzeke le gale taile tzaile gune kune tze atze gai aldi taldi ki ari kari lari tari etari karri arazi tarazi an ean rean kan etan men pen kin rekin ezin tezin tun kizun go ago tio dako or kor tzat du gailu tu atu aldatu tatu ez errez tzez gaitz kaitz; 2: garria tza garri; 3: atseden; 4: arabera; 5: baditu")
	basqueNouns         = stemRules("1: ada kada anda denda gabea kabea aldea kaldea taldea ordea zalea tzalea gilea emea kumea nea enea zionea unea gunea pea aurrea tea kotea artea ostea etxea ga anga gaia aldia taldia handia mendia geia egia degia tegia nahia ohia kia tokia oia koia aria karia laria taria eria keria teria larria kirria duria asia tia ezia bizia ontzia ka ska xka zka gibela gela kaila skila tila ola na kana ena garrena gerrena urrena zaina tzaina kina mina garna una duna asuna tasuna ondoa kondoa ngoa zioa koa takoa zkoa noa zinoa aroa taroa zaroa eroa oroa osoa toa ttoa ztoa txoa tzoa ñoa ra ara dara liara tiara tara etara tzara bera kera pera tzarra korra tra sa osa ta eta keta sta dua mendua ordua lekua burua durua tsua tua mentua estua txua zua tzua za eza eroza koitza antza gintza kintza kuntza gabe kabe kide alde kalde talde orde ge zale tzale gile eme kume ne zione une gune pe aurre te kote arte oste etxe gai di aldi taldi handi mendi gei egi degi tegi nahi ohi ki toki oi goi koi ari kari lari tari larri kirri duri asi ti ontzi ñi ak ek tarik gibel ail kail kan tan etan garren gerren urren zain tzain kin min dun asun tasun aizun ondo kondo go ngo zio ko tako etako eko tariko sko tuko zko no zino ro aro taro zaro ero giro oro oso to tto zto txo tzo gintzo ño zp ar dar behar liar tiar tar tzar kor os ket du mendu ordu leku duru tsu tu mentu estu txu zu tzu gintzu z ez eroz tz koitz; 2: garria ora tza garri ren or buru; 3: joka; 4: en ten tzen tatu; 5: trako; 6: minutuko; 7: zehar; 8: geldi; 9: igaro; 10: aurka")
	basqueAdjectives    = stemRules("1: keria la era dade tade date tate gi ki ik lanik rik larik ztik go ro ero to; 2: zlea")
	lithuanianEndings   = stemRules("1: a ia eria osna iosna uosna iuosna ysna ėsna e ie enie erie oje ioje uje iuje yje enyje eryje ėje ame iame sime ome ėme tumėme ose iose uose iuose yse enyse eryse ėse ate iate ite kite site ote tute ėte tumėte i ai iai eriai ei tumei ki imi erimi umi iumi si asi iasi esi iesi siesi isi aisi eisi tumeisi uisi osi ėjosi uosi iuosi siuosi usi ausi čiausi ąsi ėsi ųsi tųsi ti enti inti oti ioti uoti iuoti auti iauti yti ėti telėti inėti terėti ui iui eniui oj ėj k am iam iem im sim om tum ėm tumėm an on ion un iun ėn o io enio ėjo uo s as ias es ies is ais iais tumeis imis enimis omis iomis umis ėmis enis asis ysis ams iams iems ims enims erims oms ioms ums ėms ens os ios uos iuos ers us aus iaus ius ys enys erys omÄ\u0097s otÄ\u0097s ąs iąs ės amės iamės imės kimės simės omės ėmės tumėmės atės iatės sitės otės ėtės tumėtės įs ūs tųs at iat it sit ot ėt tumėt u au iau čiau iu eniu siu y ą ią ė ę į enį erį ų ių erų")
	lithuanianSuffixes  = stemRules("1: ing aj iaj iej oj ioj uoj iuoj auj ąj iąj ėj ųj iųj ok iok iuk uliuk učiuk išk iul yl ėl am dam jam zgan ain esn op iop ias ies ais iais os ios uos iuos aus iaus ąs iąs ęs utėait ant iant siant int ot uot iuot yt ėt ykšt iau dav sv šv ykšč ę ėję")
	lithuanianConflicts = stemRules("1: aite aitės; 2: uotės uote; 3: ėjime; 4: esiu; 5: asius; 6: avime; 7: ojime; 8: okatės okate")
	lithuanianSettled   = [...]string{1: "aitė", 2: "uotė", 3: "ėjimas", 4: "esys", 5: "asys", 6: "avimas", 7: "ojimas", 8: "okatė"}
)

func stemFinnish(w *stemWord) {
	v := finnishVowels
	w.markR1R2(v, 0)
	if rule, n := w.findBehind(w.p1, finnishParticles); rule == 1 && stemLetters("aeiouyäönt").has(w.letter(n)) || rule == 2 && w.in(w.p2, n) {
		w.cut(n)
	}
	w.finnishPossessive()
	removed := w.finnishCase()
	if rule, n := w.findBehind(w.p2, finnishOther); rule == 2 || rule == 1 && !w.has("po", n) {
		w.cut(n)
	}
	if removed {
		w.behind(w.p1, func() bool {
			if c := w.letter(0); c == 'i' || c == 'j' {
				w.cut(1)
			}
			return true
		})
	} else if w.behind(w.p1, func() bool { return w.letter(0) == 't' && v.has(w.letter(1)) }) {
		w.cut(1)
		w.behind(w.p2, func() bool {
			if w.has("imma", 0) {
				w.cut(4)
			} else if w.has("mma", 0) {
				low := w.low
				w.low = 0
				if !w.has("po", 3) {
					w.cut(3)
				}
				w.low = low
			}
			return true
		})
	}
	w.finnishTidy()
}

func (w *stemWord) finnishPossessive() {
	switch rule, n := w.findBehind(w.p1, finnishPossessives); rule {
	case 1:
		if w.letter(n) != 'k' {
			w.cut(n)
		}
	case 2:
		w.cut(n)
		if w.has("kse", 0) {
			w.swap(3, "ksi")
		}
	case 3:
		w.cut(n)
	case 4, 5, 6:
		if before, _ := w.find([]stemTable{finnishAn, finnishAen, finnishEn}[rule-4], n); before != 0 {
			w.cut(n)
		}
	}
}

func (w *stemWord) finnishCase() bool {
	v := finnishVowels
	rule, n := w.findBehind(w.p1, finnishCases)
	long, _ := w.find(finnishLong, n)
	before := w.letter(n)
	ok := false
	switch rule {
	case 1, 2, 3, 4, 5, 6:
		ok = before == []rune("aeioäö")[rule-1]
	case 7:
		if ok = true; long != 0 || w.has("ie", n) {
			n++
		}
	case 8:
		ok = v.has(before) && v.lacks(w.letter(n+1))
	case 9:
		ok = before == 'e'
	case 10:
		ok = true
	case 11, 12: // else it is an n alone
		if ok = rule == 11 && before == 'i' && stemLetters("aeiouäö").has(w.letter(n+1)) || rule == 12 && long != 0; !ok {
			ok, n = true, 1
			if long, _ := w.find(finnishLong, n); long != 0 || w.has("ie", n) {
				n++
			}
		}
	}
	if ok {
		w.cut(n)
	}
	return ok
}

func (w *stemWord) finnishTidy() {
	v := finnishVowels
	if !w.behind(w.p1, func() bool {
		w.undouble(finnishLong)
		if stemLetters("aäei").has(w.letter(0)) && v.lacks(w.letter(1)) {
			w.cut(1)
		}
		if w.has("oj", 0) || w.has("uj", 0) {
			w.cut(1)
		}
		if w.has("jo", 0) {
			w.cut(1)
		}
		return true
	}) {
		return
	}
	at := len(w.s) - 1
	for at >= 0 && v.has(w.s[at]) {
		at--
	}
	if at > 0 && w.s[at-1] == w.s[at] {
		w.s = append(w.s[:at], w.s[at+1:]...)
	}
}

func stemHungarian(w *stemWord) {
	v := hungarianVowels
	w.p1 = len(w.s)
	switch {
	case len(w.s) == 0:
	case !v.has(w.s[0]):
		if at := w.past(v, true, 1); at >= 0 {
			w.p1 = at
		}
	default:
		if at := w.past(v, false, 1); at >= 0 {
			w.p1 = at
			rest := string(w.s[at-1:])
			for _, one := range []string{"dzs", "cs", "gy", "ly", "ny", "sz", "ty", "zs"} {
				if strings.HasPrefix(rest, one) {
					w.p1 = at - 1 + len(one)
					break
				}
			}
		}
	}
	w.hungarianDoubled("al", "el")
	if rule, n := w.find(hungarianCases, 0); rule != 0 && w.in(w.p1, n) {
		w.cut(n)
		if c := w.letter(0); (c == 'á' || c == 'é') && w.in(w.p1, 1) {
			w.shorten(1)
		}
	}
	for _, t := range []stemTable{hungarianSpecial, hungarianOther} {
		w.shortenOne(t)
	}
	w.hungarianDoubled("á", "é")
	for _, t := range []stemTable{hungarianOwned, hungarianOwner, hungarianOwners, hungarianPlurals} {
		w.shortenOne(t)
	}
}

// hungarianDoubled takes one of two endings off that stands after a doubled consonant, and one of these.
func (w *stemWord) hungarianDoubled(endings ...string) {
	for _, e := range endings {
		n := len([]rune(e))
		if double, _ := w.find(hungarianDoubles, n); w.has(e, 0) && w.in(w.p1, n) && double != 0 {
			w.cut(n)
			if n := len(w.s); n > 1 {
				w.s = append(w.s[:n-2], w.s[n-1])
			}
			return
		}
	}
}

// shorten takes the last size letters off, but for a long vowel at their start, which becomes short.
func (w *stemWord) shorten(size int) {
	switch w.letter(size - 1) {
	case 'á':
		w.swap(size, "a")
	case 'é':
		w.swap(size, "e")
	default:
		w.cut(size)
	}
}

func (w *stemWord) shortenOne(t stemTable) {
	switch rule, n := w.find(t, 0); {
	case rule == 0 || !w.in(w.p1, n):
	case rule == 1:
		w.shorten(n)
	default:
		w.cut(n)
	}
}

func stemRomanian(w *stemWord) {
	v := romanianVowels
	w.raiseBetween(v)
	w.markRV(v)
	w.markR1R2(v, 0)
	if rule, n := w.find(romanianStep0, 0); rule != 0 && w.in(w.p1, n) && (rule != 5 || !w.has("ab", n)) {
		w.swap(n, [...]string{1: "", 2: "a", 3: "e", 4: "i", 5: "i", 6: "at", 7: "aţi"}[rule])
	}
	removed := false
	for {
		rule, n := w.find(romanianCombined, 0)
		if rule == 0 || !w.in(w.p1, n) {
			break
		}
		w.swap(n, [...]string{1: "abil", 2: "ibil", 3: "iv", 4: "ic", 5: "at", 6: "it"}[rule])
		removed = true
	}
	if rule, n := w.find(romanianSuffixes, 0); rule != 0 && w.in(w.p2, n) {
		switch {
		case rule == 1:
			w.cut(n)
			removed = true
		case rule == 2 && w.letter(n) == 'ţ':
			w.swap(n+1, "t")
			removed = true
		case rule == 3:
			w.swap(n, "ist")
			removed = true
		}
	}
	if !removed {
		w.behind(w.pv, func() bool {
			rule, n := w.find(romanianVerbs, 0)
			if c := w.letter(n); rule == 2 || rule == 1 && (v.lacks(c) || c == 'u') {
				w.cut(n)
			}
			return true
		})
	}
	if rule, n := w.find(romanianEndings, 0); rule != 0 && w.in(w.pv, n) {
		w.cut(n)
	}
	replaceRunes(w.s, "IU", "iu")
}

func stemArmenian(w *stemWord) {
	v := armenianVowels
	w.pv, w.p2 = len(w.s), len(w.s)
	if at := w.past(v, true, 0); at >= 0 {
		w.pv = at
		if at = w.past(v, false, w.past(v, true, w.past(v, false, at))); at >= 0 {
			w.p2 = at
		}
	}
	w.behind(w.pv, func() bool {
		if rule, n := w.find(armenianEndings, 0); rule != 0 && w.in(w.p2, n) {
			w.cut(n)
		}
		for _, t := range []stemTable{armenianVerbs, armenianAdjectives, armenianNouns} {
			_, n := w.find(t, 0)
			w.cut(n)
		}
		return true
	})
}

func stemIrish(w *stemWord) {
	for _, start := range irishStarts {
		if rest, ok := strings.CutPrefix(string(w.s), start[0]); ok {
			w.s = []rune(start[1] + rest)
			break
		}
	}
	v := irishVowels
	w.pv = len(w.s)
	if at := w.past(v, true, 0); at >= 0 {
		w.pv = at
	}
	w.markR1R2(v, 0)
	if rule, n := w.find(irishNouns, 0); rule == 1 && w.in(w.p1, n) || rule == 2 && w.in(w.p2, n) {
		w.cut(n)
	}
	if rule, n := w.find(irishDerived, 0); rule > 1 || rule == 1 && w.in(w.p2, n) {
		w.swap(n, [...]string{1: "", 2: "arc", 3: "gin", 4: "graf", 5: "paite", 6: "óid"}[rule])
	}
	if rule, n := w.find(irishVerbs, 0); rule == 1 && w.in(w.pv, n) || rule == 2 && w.in(w.p1, n) {
		w.cut(n)
	}
}

func stemCatalan(w *stemWord) {
	w.markR1R2(catalanVowels, 0)
	if rule, n := w.find(catalanPronouns, 0); rule != 0 && w.in(w.p1, n) {
		w.cut(n)
	}
	if !w.catalanSuffix() {
		if rule, n := w.find(catalanVerbs, 0); rule == 1 && w.in(w.p1, n) || rule == 2 && w.in(w.p2, n) {
			w.cut(n)
		}
	}
	if rule, n := w.find(catalanResidue, 0); rule != 0 && w.in(w.p1, n) {
		if rule == 1 {
			w.cut(n)
		} else {
			w.swap(n, "ic")
		}
	}
	replaceRunes(w.s, "áàéèíìóòúüï·", "aaeeiioouui.")
}

func (w *stemWord) catalanSuffix() bool {
	rule, n := w.find(catalanSuffixes, 0)
	mark := w.p2
	if rule == 1 || rule == 5 {
		mark = w.p1
	}
	if rule == 0 || !w.in(mark, n) {
		return false
	}
	w.swap(n, [...]string{1: "", 2: "", 3: "log", 4: "ic", 5: "c"}[rule])
	return true
}

// stemBasque takes off endings as long as there are any. What a rule leaves as it is, or
// replaces, stays, and the search goes on before it.
func stemBasque(w *stemWord) {
	w.markRV(basqueVowels)
	w.markR1R2(basqueVowels, 0)
	var kept []string // the last letters first
	take := func(t stemTable, marks []int, with []string) bool {
		rule, n := w.find(t, 0)
		if rule == 0 || !w.in(marks[rule], n) {
			return false
		}
		w.cut(n)
		kept = append(kept, with[rule])
		return true
	}
	for take(basqueVerbs, []int{0, w.pv, w.p2, 0, 0, 0}, []string{"", "", "", "atseden", "arabera", "baditu"}) {
	}
	for take(basqueNouns, []int{0, w.pv, w.p2, 0, w.p1, 0, 0, 0, 0, 0, 0}, []string{"", "", "", "jok", "", "tra", "minutu", "zehar", "geldi", "igaro", "aurka"}) {
	}
	take(basqueAdjectives, []int{0, w.pv, 0}, []string{"", "", "z"})
	for _, text := range slices.Backward(kept) {
		w.swap(0, text)
	}
}

func stemLithuanian(w *stemWord) {
	from := 0
	if len(w.s) > 6 && w.s[0] == 'a' {
		from = 1
	}
	w.markR1R2(lithuanianVowels, from)
	if rule, n := w.find(lithuanianConflicts, 0); rule != 0 {
		w.swap(n, lithuanianSettled[rule])
	}
	soften := func() {
		if w.has("č", 0) {
			w.swap(1, "t")
		} else if w.has("dž", 0) {
			w.cut(1)
		}
	}
	_, n := w.findBehind(w.p1, lithuanianEndings)
	w.cut(n)
	soften()
	for {
		rule, n := w.findBehind(w.p1, lithuanianSuffixes)
		if rule == 0 {
			break
		}
		w.cut(n)
	}
	soften()
	if w.has("gd", 0) {
		w.cut(1)
	}
}
